/**
 * A Kafka broker in this process: one node, records in memory.
 *
 * Clients reach it over TCP ({@link Broker.listen}), unmodified ones of any language, or in the same thread
 * ({@link Broker.connect}), where with a manual clock an hour of time-outs passes in a millisecond.
 */
import { frameSizeBytes } from '../protocol/headers.ts'
import type { BrokerOptions } from './broker-config.ts'
import { FaultControl } from './fault-control.ts'
import { Connection } from './node/connection.ts'
import { Dispatcher } from './node/dispatcher.ts'
import { createNodeState, type NodeState } from './node/node-state.ts'
import { ScopedClock } from './node/scoped-clock.ts'
import { TcpListener, type Address } from './node/tcp-listener.ts'

/** What a client of the same thread sees. */
export interface BrokerConnection {
  /**
   * Has a request served; requests of one connection are served in their order.
   *
   * @param frame - header and body, without the size in front; it must not be changed afterwards
   * @returns header and body of the answer; undefined where the request has none (Produce with acks 0)
   * @throws StreamError `CONNECTION_CLOSED` when the connection has ended or ends before the answer
   */
  request(frame: Buffer): Promise<Buffer | undefined>
  /** Aborted when the connection has ended, by whichever side. */
  readonly closed: AbortSignal
  close(): void
}

/** Where clients in memory are told the node is, unless it listens or is configured. */
const memoryAddress: Address = { host: 'localhost', port: 9092 }

export class Broker {
  /** Breaks requests on purpose. */
  readonly faults: FaultControl
  readonly #node: NodeState
  readonly #clock: ScopedClock
  readonly #dispatcher: Dispatcher
  readonly #connections = new Set<Connection>()
  readonly #listeners: TcpListener[] = []

  constructor(options: BrokerOptions) {
    this.#clock = new ScopedClock(options.clock)
    this.#node = createNodeState({ ...options, clock: this.#clock })
    this.faults = new FaultControl(options.random)
    this.#dispatcher = new Dispatcher(this.#node, this.faults)
  }

  get nodeId(): number {
    return this.#node.config.nodeId
  }

  /** Bytes of batches that the node holds. */
  get memoryUsedBytes(): number {
    return this.#node.budget.usedBytes
  }

  /** @param clientHost - what group descriptions call the client's host */
  connect(clientHost = 'memory'): BrokerConnection {
    const connection = this.#open(clientHost, this.#listeners[0]?.address ?? memoryAddress)
    return {
      request: async (frame) => (await connection.request(frame))?.subarray(frameSizeBytes),
      closed: connection.closed,
      close: () => connection.close(),
    }
  }

  /**
   * Opens a port.
   *
   * @param port - 0 for any that is free
   * @param host - an address of this machine
   * @returns what clients connect to
   * @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID`
   */
  async listen(port: number, host = '127.0.0.1'): Promise<Address> {
    const { logger, config } = this.#node
    const listener = await TcpListener.open(port, host, {
      logger,
      requestBytesMax: config.requestBytesMax,
      queuedRequestsMax: config.queuedRequestsMax,
      connectionsMax: config.connectionsMax,
      accept: (clientHost, reached) => this.#open(`/${clientHost}`, reached),
    })
    this.#listeners.push(listener)
    logger.info('broker listens', { nodeId: config.nodeId, ...listener.address })
    return listener.address
  }

  /** Ends all connections and timers; what was in memory is gone. */
  async close(): Promise<void> {
    this.#clock.close()
    for (const connection of this.#connections) connection.close()
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #open(clientHost: string, reached: Address): Connection {
    const endpoint = this.#node.config.advertised ?? reached
    const connection = new Connection(this.#dispatcher, { host: clientHost, endpoint })
    this.#connections.add(connection)
    connection.closed.addEventListener('abort', () => this.#connections.delete(connection), { once: true })
    return connection
  }
}
