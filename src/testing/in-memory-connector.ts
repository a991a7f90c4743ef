import { ByteWriter } from '../base/byte-writer.ts'
import type { Clock } from '../base/clock.ts'
import { StreamError } from '../base/errors.ts'
import type { Broker, BrokerConnection } from '../broker/broker.ts'
import type { Connection, Connector, EncodedRequest } from '../kafka/contracts.ts'
import { encodeRequestHeader, skipResponseHeader } from '../protocol/headers.ts'

const recycledByte = 0xdb

/** What a client in the same thread needs of a broker. */
export type ReachedBroker = Pick<Broker, 'connect' | 'cluster' | 'addressOf'>

export interface InMemoryOptions {
  readonly clock: Clock
  /** Which broker answers at an address, or undefined where nobody does; asked at each connect. */
  readonly brokerAt: (host: string, port: number) => ReachedBroker | undefined
}

/**
 * Joins clients and embedded brokers of one thread: the frames are those of TCP, sockets there are none. With a manual clock on both
 * sides, one seed replays a cluster.
 */
export function inMemoryConnector({ clock, brokerAt }: InMemoryOptions): Connector {
  return {
    connect: async (host, port, clientId) => {
      const broker = brokerAt(host, port)
      if (broker === undefined) {
        throw new StreamError('BROKER_UNREACHABLE', `could not connect to "${host}:${port}"`, {
          detail: 'No broker listens there.',
        })
      }
      return new InMemoryConnection(broker.connect('memory', nodeAt(broker, port)), {
        clock,
        clientId,
        address: `${host}:${port}`,
      })
    },
  }
}

/** The node on this port; the first that runs where it is nobody's, as the address of a bootstrap server may be. */
function nodeAt(broker: ReachedBroker, port: number): number | undefined {
  return broker.cluster.nodeIds.find((nodeId) => broker.addressOf(nodeId).port === port)
}

interface Side {
  readonly clock: Clock
  readonly clientId: string
  readonly address: string
}

class InMemoryConnection implements Connection {
  readonly #connection: BrokerConnection
  readonly #side: Side
  #correlationId = 0

  constructor(connection: BrokerConnection, side: Side) {
    this.#connection = connection
    this.#side = side
  }

  get closed(): boolean {
    return this.#connection.closed.aborted
  }

  async send(request: EncodedRequest): Promise<Buffer> {
    if (this.closed) throw this.#lost()
    let timedOut = false
    const timer = this.#side.clock.setTimer(request.timeoutMs, () => {
      timedOut = true
      this.#connection.close()
    })
    try {
      const answer = await this.#connection.request(this.#frame(request))
      if (answer === undefined) return Buffer.alloc(0)
      return answer.subarray(skipResponseHeader(answer, request.apiKey, request.flexible))
    } catch (error) {
      if (timedOut) throw this.#timedOut(request)
      throw this.#lost(error)
    } finally {
      timer.cancel()
    }
  }

  /** Over a socket this memory would hold the next answer: whoever still reads it shall see that at once. */
  recycle(response: Buffer): void {
    response.fill(recycledByte)
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  #frame(request: EncodedRequest): Buffer {
    const head = new ByteWriter()
    const correlationId = this.#correlationId
    this.#correlationId = (correlationId + 1) & 0x7f_ff_ff_ff
    const { apiKey, apiVersion } = request
    encodeRequestHeader(
      { apiKey, apiVersion, correlationId, clientId: this.#side.clientId },
      request.flexible,
      head,
    )
    return Buffer.concat([head.view(), ...request.body])
  }

  #lost(cause?: unknown): StreamError {
    return new StreamError('CONNECTION_CLOSED', `lost the connection to "${this.#side.address}"`, { cause })
  }

  #timedOut({ apiKey, timeoutMs }: EncodedRequest): StreamError {
    return new StreamError(
      'REQUEST_TIMED_OUT',
      `"${this.#side.address}" did not answer a request (API ${apiKey}) within ${timeoutMs} ms`,
    )
  }
}
