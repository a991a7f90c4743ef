import { StreamError } from '../../base/errors.ts'
import { BrokerConnection } from './broker-connection.ts'
import { addressText, type Address, type ClientContext } from './context.ts'

/**
 * The open connections, one per broker and lane, made when first asked for.
 *
 * A broker answers the requests of one connection in order, and holds some back (a fetch that waits for data, a join that
 * waits for other members). What must not wait behind these goes over a lane of its own.
 */
export class Connections {
  readonly #context: ClientContext
  readonly #open = new Map<string, Promise<BrokerConnection>>()
  #closed = false

  constructor(context: ClientContext) {
    this.#context = context
  }

  /** @throws StreamError `BROKER_UNREACHABLE`, `AUTHENTICATION_FAILED`, … */
  async get(address: Address, lane: string): Promise<BrokerConnection> {
    const id = `${lane}/${addressText(address)}`
    for (;;) {
      if (this.#closed) throw new StreamError('INTERRUPTED', 'the Kafka client is closed')
      const known = this.#open.get(id)
      if (known === undefined) return this.#connect(id, address)
      const connection = await known
      if (!connection.closed) return connection
      if (this.#open.get(id) === known) this.#open.delete(id)
    }
  }

  /** Closes what one lane holds open. */
  async closeLane(lane: string): Promise<void> {
    const ids = [...this.#open.keys()].filter((id) => id.startsWith(`${lane}/`))
    await Promise.all(ids.map((id) => this.#close(id)))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#open.keys()].map((id) => this.#close(id)))
  }

  #connect(id: string, address: Address): Promise<BrokerConnection> {
    const opening = BrokerConnection.open(this.#context, address)
    this.#open.set(id, opening)
    opening.catch(() => {
      if (this.#open.get(id) === opening) this.#open.delete(id)
    })
    return opening
  }

  async #close(id: string): Promise<void> {
    const opening = this.#open.get(id)
    this.#open.delete(id)
    const connection = await opening?.catch(() => undefined)
    await connection?.close()
  }
}
