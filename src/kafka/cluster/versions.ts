import { StreamError } from '../../base/errors.ts'
import type { Api } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'

type ApiVersionsResponse = ResponseOf<typeof apis.apiVersions>

/**
 * Versions above which this client does not go, though the tables know them: offsets are named by topic, not by id, and
 * AddPartitionsToTxn 4 and later is what brokers say to each other.
 */
const clientMax: ReadonlyMap<number, number> = new Map([
  [apis.offsetCommit.key, 9],
  [apis.offsetFetch.key, 9],
  [apis.addPartitionsToTxn.key, 3],
])

/** What one broker speaks, and what its cluster has switched on. */
export class Versions {
  readonly #broker: string
  readonly #ranges: ReadonlyMap<number, { readonly minVersion: number; readonly maxVersion: number }>
  /** The finalized feature `transaction.version`; 2 and up: partitions join a transaction by being written to. */
  readonly transactionVersion: number

  constructor(broker: string, response: ApiVersionsResponse) {
    this.#broker = broker
    this.#ranges = new Map(response.apiKeys.map((range) => [range.apiKey, range]))
    const feature = response.finalizedFeatures.find(({ name }) => name === 'transaction.version')
    this.transactionVersion = feature?.maxVersionLevel ?? 0
  }

  /**
   * The highest version both sides know, not above `limit`.
   *
   * @throws StreamError `API_NOT_SUPPORTED`
   */
  pick(api: Pick<Api, 'key' | 'name' | 'minVersion' | 'maxVersion'>, limit = Infinity): number {
    const range = this.#ranges.get(api.key)
    const ours = Math.min(api.maxVersion, clientMax.get(api.key) ?? Infinity, limit)
    const version = Math.min(ours, range?.maxVersion ?? -1)
    if (range !== undefined && version >= Math.max(api.minVersion, range.minVersion)) return version
    const theirs = range === undefined ? 'not at all' : `${range.minVersion} to ${range.maxVersion}`
    throw new StreamError('API_NOT_SUPPORTED', `${this.#broker} does not speak our ${api.name}`, {
      detail: `We speak versions ${api.minVersion} to ${ours}, the broker ${theirs}.`,
      hint: 'Use Apache Kafka 3.0 or newer, or a broker that is compatible with it.',
    })
  }
}
