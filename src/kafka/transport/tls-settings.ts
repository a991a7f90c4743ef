/** TLS of a client's connections. */
import { isIP } from 'node:net'
import { createSecureContext, type ConnectionOptions } from 'node:tls'
import { StreamError } from '../../base/errors.ts'

/** Plain data: it crosses to worker threads. */
export interface TlsSettings {
  /** Authorities that sign brokers' certificates, PEM text; absent: those of the system. */
  readonly ca?: string
  /** Our own certificate with its chain, and its key, PEM text: for brokers that ask who we are. */
  readonly cert?: string
  readonly key?: string
  /** Certificate, chain and key in one: the bytes of a PKCS #12 file. */
  readonly pfx?: Uint8Array
  /** Opens `key` or `pfx`. */
  readonly passphrase?: string
  /** The name that the broker's certificate must be made for, where it is not the host's. */
  readonly serverName?: string
  /** False: any name is taken, as long as the certificate is signed by an authority. */
  readonly verifyHostname?: boolean
}

interface Guess {
  readonly pattern: RegExp
  readonly detail: string
  readonly hint: string
}

const guesses: readonly Guess[] = [
  {
    pattern: /bad decrypt|mac verify failure|interrupted or cancelled|empty password|passphrase/i,
    detail: 'The password does not open the key.',
    hint: 'Check `ssl.key.password`, or `ssl.keystore.password` for a key store.',
  },
  {
    pattern: /key values mismatch/i,
    detail: 'The key does not belong to the certificate.',
    hint: 'Give the key that the certificate was made for, and the certificate itself before its chain.',
  },
  {
    pattern: /no start line|not enough data|wrong tag|asn1|bad base64/i,
    detail: 'What was given is no PEM text, or no PKCS #12 file.',
    hint: 'PEM text begins with "-----BEGIN".',
  },
]

/**
 * Reads certificates and keys once; gives what a connection to a host needs.
 *
 * @throws StreamError `CONFIG_INVALID` with the usual cause, never with what was read
 */
export function prepareTls(settings: TlsSettings): (host: string) => ConnectionOptions {
  const { serverName, verifyHostname = true } = settings
  const secureContext = contextOf(settings)
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

function contextOf({ ca, cert, key, pfx, passphrase }: TlsSettings): ReturnType<typeof createSecureContext> {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(pfx === undefined ? {} : { pfx: Buffer.from(pfx) }),
      ...(passphrase === undefined ? {} : { passphrase }),
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const guess = guesses.find(({ pattern }) => pattern.test(reason))
    throw new StreamError('CONFIG_INVALID', 'the certificates or the key for TLS cannot be used', {
      detail: guess?.detail ?? `OpenSSL says: ${reason}.`,
      hint: guess?.hint ?? 'Check the `ssl.` settings.',
    })
  }
}
