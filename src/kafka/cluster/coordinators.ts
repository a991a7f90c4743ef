import { apis } from '../../protocol/apis.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import type { Address } from './context.ts'
import { checkResponse } from './response-error.ts'
import { isTransient, retrying } from './retrying.ts'

export interface CoordinatorKey {
  readonly kind: 'group' | 'transaction'
  readonly key: string
}

const kinds = {
  group: { keyType: 0, text: 'group' },
  transaction: { keyType: 1, text: 'transactional id' },
} as const

/** Finds the broker that coordinates one group or one transactional id, and remembers it until it fails. */
export class Coordinator {
  readonly #cluster: Cluster
  readonly #key: CoordinatorKey
  #address: Address | undefined

  constructor(cluster: Cluster, key: CoordinatorKey) {
    this.#cluster = cluster
    this.#key = key
  }

  /** One try: no retries, but a coordinator that failed is looked up anew the next time. */
  async once<T>(lane: string, attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    try {
      this.#address ??= await this.#find()
      return await attempt(await this.#cluster.connections.get(this.#address, lane))
    } catch (error) {
      if (isTransient(error)) this.#address = undefined
      throw error
    }
  }

  /** Tries until it succeeds, fails for good, or `limitMs` are over. */
  async retrying<T>(
    lane: string,
    attempt: (connection: BrokerConnection) => Promise<T>,
    limitMs: number = this.#cluster.context.retryTimeoutMs,
  ): Promise<T> {
    await this.#cluster.start()
    return retrying(this.#cluster.context, limitMs, () => this.once(lane, attempt))
  }

  async #find(): Promise<Address> {
    const { kind, key } = this.#key
    const { keyType, text } = kinds[kind]
    const connection = await this.#cluster.anyBroker()
    const response = await connection.send(apis.findCoordinator, (version) =>
      version >= 4 ? { keyType, coordinatorKeys: [key] } : { keyType, key },
    )
    const found = response.coordinators[0] ?? response
    checkResponse(found.errorCode, `find the coordinator of ${text} "${key}"`, found.errorMessage)
    return { host: found.host, port: found.port }
  }
}
