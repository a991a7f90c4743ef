import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Admin } from '../../kafka/contracts.ts'
import { patternSourcesOf, withPatternTopics } from '../../topology/pattern-topics.ts'
import { topicInDefinition } from '../../topology/name-pattern.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'

interface WatchOptions {
  readonly admin: Pick<Admin, 'listTopics'>
  readonly topology: Topology
  readonly options: Pick<ApplicationOptions, 'applicationId' | 'names' | 'metadataMaxAgeMs'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Finds the topics that a topology's patterns fit, and looks now and then whether they are others. */
export class TopicWatch {
  readonly #watch: WatchOptions
  readonly #has: boolean
  #known = ''
  #nextMs = Number.POSITIVE_INFINITY
  #changed = false

  constructor(watch: WatchOptions) {
    this.#watch = watch
    this.#has = patternSourcesOf(watch.topology).length > 0
  }

  /** The topology with the topics that there are now. */
  async resolve(): Promise<Topology> {
    if (!this.#has) return this.#watch.topology
    const resolved = await this.#look()
    this.#known = topicsIn(resolved)
    return resolved
  }

  /** Whether the topics have changed since {@link TopicWatch.resolve}: the thread has to begin anew. Asks the cluster when it is time. */
  changed(): boolean {
    if (this.#has && this.#watch.clock.monotonicMs() >= this.#nextMs) void this.#lookAgain()
    return this.#changed
  }

  async #lookAgain(): Promise<void> {
    this.#nextMs = Number.POSITIVE_INFINITY
    const { logger } = this.#watch
    try {
      const topics = topicsIn(await this.#look())
      if (topics === this.#known) return
      logger.info('topics that fit a pattern have come or gone', { topics })
      this.#changed = true
    } catch (error) {
      // The next start says so, where it still is so; what runs goes on meanwhile.
      logger.warn('could not look for topics that fit a pattern', { error: String(error) })
    }
  }

  async #look(): Promise<Topology> {
    const { admin, topology, options, clock } = this.#watch
    const { applicationId, names } = options
    const topics = await admin.listTopics()
    this.#nextMs = clock.monotonicMs() + options.metadataMaxAgeMs
    const isInternal = (name: string): boolean => {
      const own = topicInDefinition(name, names.topic)
      return (
        name.startsWith('__') ||
        (own.startsWith(`${applicationId}-`) && /-(changelog|repartition)$/.test(own))
      )
    }
    return withPatternTopics(
      topology,
      topics.map(({ name }) => name).filter((name) => !isInternal(name)),
    )
  }
}

function topicsIn(topology: Topology): string {
  return patternSourcesOf(topology)
    .flatMap(({ topics }) => topics)
    .join(', ')
}
