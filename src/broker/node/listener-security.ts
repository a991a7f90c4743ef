import { createServer as createPlainServer, type Server } from 'node:net'
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import type { Socket } from 'node:net'
import { StreamError } from '../../base/errors.ts'
import { distinguishedName } from '../security/principal-mapping.ts'
import type { SaslMechanism } from '../security/session.ts'

/** How clients of a listener prove who they are, and whether their bytes are hidden. Absent parts: not at all. */
export interface ListenerSecurity {
  readonly tls?: ListenerTls
  readonly sasl?: { readonly mechanisms: readonly SaslMechanism[] }
}

/** Keys and certificates in PEM. */
export interface ListenerTls {
  readonly key: string | Buffer
  readonly cert: string | Buffer
  /** Of the authorities whose clients are let in. */
  readonly ca?: string | Buffer
  /** Whether clients show a certificate; `none` where absent. [ssl.client.auth] */
  readonly clientAuth?: 'none' | 'requested' | 'required'
}

const handshakeTimeoutMs = 10_000

/** @throws StreamError `CONFIG_INVALID` for keys and certificates that cannot be used */
export function createServer(tls: ListenerTls | undefined): Server {
  if (tls === undefined) return createPlainServer({ noDelay: true })
  const { key, cert, ca, clientAuth = 'none' } = tls
  const options: TlsOptions = {
    key,
    cert,
    handshakeTimeout: handshakeTimeoutMs,
    noDelay: true,
    requestCert: clientAuth !== 'none',
    rejectUnauthorized: clientAuth === 'required',
    ...(ca === undefined ? {} : { ca }),
  }
  try {
    return createTlsServer(options)
  } catch (cause) {
    throw new StreamError('CONFIG_INVALID', 'the certificate or the key of a listener cannot be used', {
      hint: 'Give both in PEM, without a passphrase, and the key that the certificate was made for.',
      cause,
    })
  }
}

/** What the server calls a client that is there: a TLS client only when hands have been shaken. */
export function arrivalOf(tls: ListenerTls | undefined): 'connection' | 'secureConnection' {
  return tls === undefined ? 'connection' : 'secureConnection'
}

/** The subject of the certificate that the client has shown and that is trusted. */
export function certificateNameOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const subject = socket.getPeerX509Certificate()?.subject
  return subject === undefined ? undefined : distinguishedName(subject)
}

/** What first bytes that are no size of a request tell of who sent them. */
export function guessSender(sizeBytes: number): string {
  const head = Buffer.alloc(4)
  head.writeInt32BE(sizeBytes)
  if ((head[0] === 0x16 || head[0] === 0x15) && head[1] === 0x03)
    return 'the client speaks TLS, and this port does not'
  if (/^(?:GET|POST|PUT|HEAD|OPTI)/.test(head.toString('latin1')))
    return 'the client speaks HTTP: this is a port for Kafka clients'
  return 'the size of the request is beyond the limit'
}
