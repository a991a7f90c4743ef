import type { ConnectionOptions } from 'node:tls'
import { BufferPool } from '../base/buffer-pool.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import type { Connector } from './contracts.ts'
import { connectSasl, type SaslSettings } from './transport/sasl-connection.ts'
import { connectSocket } from './transport/socket-connection.ts'

export type { SaslSettings }

export interface TcpOptions {
  readonly clock?: Clock
  /** How long a connection may take to be made, TLS and SASL included; 10 s unless told. */
  readonly connectTimeoutMs?: number
  /** Node's own TLS options; `{}` for TLS with the system's authorities. Absent: no TLS. */
  readonly tls?: ConnectionOptions
  readonly sasl?: SaslSettings
}

const connectTimeoutMsDefault = 10_000
/** How much of the memory of answers may wait to be used again. */
const pooledBytesMax = 67_108_864

/**
 * Connections over TCP, with TLS and SASL where asked for.
 *
 * @throws StreamError from `connect`: `BROKER_UNREACHABLE` or `AUTHENTICATION_FAILED`, with the address and the usual cause
 */
export function tcpConnector(options: TcpOptions = {}): Connector {
  const { clock = systemClock, connectTimeoutMs = connectTimeoutMsDefault, tls, sasl } = options
  const buffers = new BufferPool(pooledBytesMax)
  return {
    connect: (host, port, clientId) => {
      const target = { host, port, clientId, clock, connectTimeoutMs, tls, buffers }
      return sasl === undefined ? connectSocket(target) : connectSasl({ ...target, sasl })
    },
  }
}
