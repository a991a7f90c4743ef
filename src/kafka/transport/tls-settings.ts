/** TLS of a client's connections. */
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { openSecureContext, type Credentials } from '../../base/secure-context.ts'

/** Plain data: it crosses to worker threads. */
export interface TlsSettings extends Credentials {
  /** The name that the broker's certificate must be made for, where it is not the host's. */
  readonly serverName?: string
  /** False: any name is taken, as long as the certificate is signed by an authority. */
  readonly verifyHostname?: boolean
}

/**
 * Reads certificates and keys once; gives what a connection to a host needs.
 *
 * @throws StreamError `CONFIG_INVALID` with the usual cause, never with what was read
 */
export function prepareTls(settings: TlsSettings): (host: string) => ConnectionOptions {
  const { serverName, verifyHostname = true } = settings
  const secureContext = openSecureContext(settings)
  return (host) => {
    // An address is no server name: TLS forbids to send one.
    const servername = serverName ?? (isIP(host) === 0 ? host : undefined)
    return {
      secureContext,
      ...(servername === undefined ? {} : { servername }),
      ...(verifyHostname ? {} : { checkServerIdentity: () => undefined }),
    }
  }
}
