import { BufferPool } from '../base/buffer-pool.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import type { Connector } from './contracts.ts'
import { connectSasl, tokensOf } from './transport/sasl-connection.ts'
import type { SaslSettings } from './transport/sasl-settings.ts'
import { connectSocket } from './transport/socket-connection.ts'
import { prepareTls, type TlsSettings } from './transport/tls-settings.ts'

export type { SaslSettings, TlsSettings }

export interface TcpOptions {
  readonly clock?: Clock
  /** How long a connection may take to be made, TLS included, and each step of SASL; 10 s unless told. */
  readonly connectTimeoutMs?: number
  /** `{}` for TLS with the system's authorities. Absent: no TLS. */
  readonly tls?: TlsSettings
  readonly sasl?: SaslSettings
}

export const connectTimeoutMsDefault = 10_000
/** How much of the memory of answers may wait to be used again. */
const pooledBytesMax = 67_108_864

/**
 * Connections over TCP, with TLS and SASL where asked for.
 *
 * @throws StreamError `CONFIG_INVALID` where certificates or keys cannot be read; from `connect`, with the address and the usual cause,
 *   `BROKER_UNREACHABLE` or `AUTHENTICATION_FAILED`
 */
export function tcpConnector(options: TcpOptions = {}): Connector {
  const { clock = systemClock, connectTimeoutMs = connectTimeoutMsDefault, sasl } = options
  const tlsFor = options.tls && prepareTls(options.tls)
  const buffers = new BufferPool(pooledBytesMax)
  const token = sasl && tokensOf(sasl, clock)
  return {
    connect: async (host, port, clientId) => {
      const tls = tlsFor?.(host)
      const connection = await connectSocket({ host, port, clientId, clock, connectTimeoutMs, tls, buffers })
      if (sasl === undefined || token === undefined) return connection
      return connectSasl({ host, port, clock, stepTimeoutMs: connectTimeoutMs, sasl, token }, connection)
    },
  }
}
