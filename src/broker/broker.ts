/**
 * A Kafka broker in this process: one node, or several on ports of their own; records in memory or in a data folder.
 *
 * Clients reach it over TCP ({@link Broker.listen}), unmodified ones of any language, or in the same thread
 * ({@link Broker.connect}), where with a manual clock an hour of time-outs passes in a millisecond.
 */
import { StreamError } from '../base/errors.ts'
import { frameSizeBytes } from '../protocol/headers.ts'
import type { BrokerOptions } from './broker-config.ts'
import { ClusterControl } from './cluster-control.ts'
import { FaultControl } from './fault-control.ts'
import { ClusterListener } from './node/cluster-listener.ts'
import { Connection } from './node/connection.ts'
import { Dispatcher } from './node/dispatcher.ts'
import type { ListenerSecurity } from './node/listener-security.ts'
import { createNodeState, type NodeState } from './node/node-state.ts'
import { ScopedClock } from './node/scoped-clock.ts'
import type { ArrivedClient } from './node/tcp-listener.ts'
import { parsePrincipalMapping, type PrincipalMapping } from './security/principal-mapping.ts'
import { anonymous, Session } from './security/session.ts'
import type { Address } from './node/address.ts'

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

export type { ListenerSecurity }

/** Where clients in memory are told the first node is, unless it listens or is configured; the others are on the ports that follow. */
const memoryAddress: Address = { host: 'localhost', port: 9092 }

export class Broker {
  /** Breaks requests on purpose. */
  readonly faults: FaultControl
  /** Moves leaders and coordinators, stops and starts nodes. */
  readonly cluster: ClusterControl
  readonly #state: NodeState
  readonly #clock: ScopedClock
  readonly #dispatcher: Dispatcher
  readonly #principalOf: PrincipalMapping
  readonly #connections = new Map<Connection, number>()
  readonly #listeners: ClusterListener[] = []

  /** @throws StreamError for a data folder: `DATA_FOLDER_LOCKED`, `DATA_FOLDER_VERSION`, `DATA_FOLDER_CORRUPT`, `DATA_FOLDER_UNUSABLE`, `DISK_FULL` */
  constructor(options: BrokerOptions) {
    this.#clock = new ScopedClock(options.clock)
    this.#state = createNodeState({ ...options, clock: this.#clock })
    this.faults = new FaultControl(options.random)
    this.#dispatcher = new Dispatcher(this.#state, this.faults)
    this.#principalOf = parsePrincipalMapping(this.#state.config.principalMappingRules)
    this.cluster = new ClusterControl(this.#state, {
      stop: async (nodeId) => {
        this.#cut(nodeId)
        await Promise.all(this.#listeners.map((listener) => listener.stop(nodeId)))
      },
      start: async (nodeId) => {
        await Promise.all(this.#listeners.map((listener) => listener.start(nodeId)))
      },
    })
  }

  /** Of the first node. */
  get nodeId(): number {
    return this.#state.config.nodeId
  }

  /** Bytes of batches that the cluster holds. */
  get memoryUsedBytes(): number {
    return this.#state.budget.usedBytes
  }

  /**
   * @param clientHost - what group descriptions call the client's host
   * @param nodeId - which node; the first that runs where absent
   * @param sasl - how the client is to prove who it is; not at all where absent
   * @throws StreamError `BROKER_UNREACHABLE` for a node that does not run
   */
  connect(
    clientHost = 'memory',
    nodeId = this.#state.layout.running()[0],
    sasl?: ListenerSecurity['sasl'],
  ): BrokerConnection {
    if (nodeId === undefined || !this.cluster.runs(nodeId))
      throw new StreamError('BROKER_UNREACHABLE', `could not connect to node ${nodeId ?? this.nodeId}`, {
        detail: 'The node does not run.',
      })
    const addressOf = (other: number): Address => this.addressOf(other)
    const connection = this.#open({
      nodeId,
      host: clientHost,
      addressOf,
      session: this.#session(sasl && { sasl }),
    })
    return {
      request: async (frame) => {
        const answer = await connection.request(frame)
        if (connection.finished) connection.close()
        return answer === undefined ? undefined : Buffer.concat(answer).subarray(frameSizeBytes)
      },
      closed: connection.closed,
      close: () => connection.close(),
    }
  }

  /** Where a node is: on its first listener, or where clients in memory are told it is. */
  addressOf(nodeId: number): Address {
    const own = this.#listeners[0]?.addressOf(nodeId)
    const index = nodeId - this.nodeId
    return this.#advertised(nodeId) ?? own ?? { host: memoryAddress.host, port: memoryAddress.port + index }
  }

  /**
   * Opens a port on each node. Several listeners may stand side by side; clients of one are told the ports of the same one.
   *
   * @param port - of the first node, the others have those that follow; 0 for any that are free
   * @param host - an address of this machine
   * @param security - TLS and SASL; without, anyone may come
   * @returns where clients reach the first node
   * @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID`
   */
  async listen(port: number, host = '127.0.0.1', security: ListenerSecurity = {}): Promise<Address> {
    const { logger, config, layout } = this.#state
    const { requestBytesMax, queuedRequestsMax, connectionsMax, connectionsIdleMaxMs } = config
    const { tls, sasl } = security
    const listener = await ClusterListener.open(
      {
        port,
        host,
        tls,
        nodeIds: layout.nodeIds,
        logger,
        requestBytesMax,
        queuedRequestsMax,
        connectionsMax,
        connectionsIdleMaxMs,
        clock: this.#clock,
        accept: (nodeId, client, addressOf) => this.#accept(nodeId, client, { addressOf, security }),
      },
      layout.running(),
    )
    this.#listeners.push(listener)
    const facts = { tls: tls !== undefined, sasl: sasl?.mechanisms }
    for (const nodeId of layout.nodeIds)
      logger.info('broker listens', { nodeId, ...listener.addressOf(nodeId), ...facts })
    return listener.addressOf(config.nodeId)
  }

  /** Ends all connections and timers; what was in memory is gone, what is in a data folder stays. */
  async close(): Promise<void> {
    this.#clock.close()
    for (const connection of this.#connections.keys()) connection.close()
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
    this.#state.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #advertised(nodeId: number): Address | undefined {
    const { advertised, nodeId: first } = this.#state.config
    return advertised === undefined ? undefined : { ...advertised, port: advertised.port + nodeId - first }
  }

  #accept(
    nodeId: number,
    { host, certificateName }: ArrivedClient,
    way: { readonly addressOf: (nodeId: number) => Address; readonly security: ListenerSecurity },
  ): Connection | undefined {
    const name = certificateName === undefined ? undefined : this.#principalOf(certificateName)
    if (certificateName !== undefined && name === undefined) {
      this.#state.logger.warn('client refused', {
        peer: host,
        reason: 'no rule maps the name in its certificate',
        name: certificateName,
      })
      return undefined
    }
    const principal = name === undefined ? undefined : `User:${name}`
    const addressOf = (other: number): Address => this.#advertised(other) ?? way.addressOf(other)
    return this.#open({
      nodeId,
      host: `/${host}`,
      addressOf,
      session: this.#session(way.security, principal),
    })
  }

  #session({ tls, sasl }: ListenerSecurity = {}, principal = anonymous): Session {
    const { users, config } = this.#state
    return new Session({
      clock: this.#clock,
      users,
      encrypted: tls !== undefined,
      mechanisms: sasl?.mechanisms,
      principal,
      lifetimeMs: config.saslSessionLifetimeMs,
    })
  }

  #open(peer: ConstructorParameters<typeof Connection>[1]): Connection {
    const connection = new Connection(this.#dispatcher, peer)
    this.#connections.set(connection, peer.nodeId)
    connection.closed.addEventListener('abort', () => this.#connections.delete(connection), { once: true })
    return connection
  }

  #cut(nodeId: number): void {
    for (const [connection, at] of this.#connections) if (at === nodeId) connection.close()
  }
}
