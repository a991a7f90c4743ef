import type { BufferPool } from '../../base/buffer-pool.ts'
import type { Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import type { Connector } from '../contracts.ts'

/** What every part of one client shares; all limits resolved. */
export interface ClientContext {
  /** For large requests. */
  readonly buffers: BufferPool
  readonly bootstrap: readonly Address[]
  readonly clientId: string
  readonly connector: Connector
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** How long a broker may take to answer one request. */
  readonly requestTimeoutMs: number
  /** How long the first contact with the cluster is tried. */
  readonly startTimeoutMs: number
  /** How long an operation is tried again while its failures are transient. */
  readonly retryTimeoutMs: number
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** Age at which cached metadata is asked for again though nothing failed. */
  readonly metadataMaxAgeMs: number
  /** Aborted when the client closes: ends waits and retries. */
  readonly closing: AbortSignal
}

export interface Address {
  readonly host: string
  readonly port: number
}

const portDefault = 9092

/**
 * Reads `host:port`, `host` or `[v6]:port`.
 *
 * @throws StreamError `CONFIG_INVALID`
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:\s/]+))(?::(\d{1,5}))?$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? portDefault : Number(match[3])
  if (host === undefined || port < 1 || port > 65_535) {
    throw new StreamError('CONFIG_INVALID', `"${text}" is not the address of a broker`, {
      hint: 'Write host and port, for example "localhost:9092".',
    })
  }
  return { host, port }
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
