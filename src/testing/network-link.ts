import { StreamError } from '../base/errors.ts'
import type { Connection, Connector } from '../kafka/contracts.ts'

/** The way of one process to the cluster, which can be cut and mended. While it is cut, connections end and none is made. */
export class NetworkLink {
  readonly connector: Connector
  readonly #open = new Set<Connection>()
  #cut = false

  constructor(inner: Connector) {
    this.connector = {
      connect: async (host, port, clientId) => {
        if (this.#cut) throw new StreamError('BROKER_UNREACHABLE', `could not connect to "${host}:${port}"`)
        const connection = await inner.connect(host, port, clientId)
        for (const known of this.#open) if (known.closed) this.#open.delete(known)
        this.#open.add(connection)
        return connection
      },
    }
  }

  cut(): void {
    this.#cut = true
    for (const connection of this.#open) void connection.close()
    this.#open.clear()
  }

  mend(): void {
    this.#cut = false
  }
}
