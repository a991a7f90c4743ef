import type { Clock, Timer } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { compact } from './compaction.ts'
import { planCompaction } from './compaction-plan.ts'
import type { PartitionLog } from './partition-log.ts'
import { applyRetention } from './retention.ts'

export interface HousekeepingOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** All there are at the moment. */
  readonly logs: () => Iterable<PartitionLog>
  /** Between two looks for segments that are too old or too many; Infinity for never. */
  readonly retentionCheckMs: number
  /** After nothing was worth compacting; Infinity for never. */
  readonly compactionRestMs: number
  readonly keyBytesMax: number
}

/** Deletes and compacts what topics say, in its own time: in small steps by the clock, one log after the other, the dirtiest first. */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #timers: { retention?: Timer; compaction?: Timer } = {}

  constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#awaitRetention()
    this.#awaitCompaction()
  }

  close(): void {
    this.#timers.retention?.cancel()
    this.#timers.compaction?.cancel()
  }

  #awaitRetention(): void {
    const { clock, retentionCheckMs } = this.#options
    if (!Number.isFinite(retentionCheckMs)) return
    this.#timers.retention = clock.setTimer(retentionCheckMs, () => {
      for (const log of this.#options.logs()) this.#guarded(log, () => this.#deleteOld(log))
      this.#awaitRetention()
    })
  }

  #deleteOld(log: PartitionLog): void {
    const bytes = applyRetention(log, this.#options.clock.nowMs())
    if (bytes === 0) return
    this.#options.logger.info('old records deleted', { log: log.name, bytes, startOffset: log.startOffset })
  }

  #awaitCompaction(): void {
    const { clock, compactionRestMs } = this.#options
    if (!Number.isFinite(compactionRestMs)) return
    this.#timers.compaction = clock.setTimer(compactionRestMs, () => this.#compactDirtiest())
  }

  #compactDirtiest(): void {
    const { clock, logs, keyBytesMax } = this.#options
    const nowMs = clock.nowMs()
    const [dirtiest] = [...logs()]
      .flatMap((log) => {
        const plan = planCompaction(log, nowMs)
        return plan === undefined ? [] : [{ log, plan }]
      })
      .toSorted((a, b) => b.plan.dirtyRatio - a.plan.dirtyRatio)
    if (dirtiest === undefined) return this.#awaitCompaction()
    const { log, plan } = dirtiest
    this.#step(log, compact(log, plan, { nowMs, keyBytesMax }))
  }

  #step(log: PartitionLog, steps: Generator<void, void, void>): void {
    this.#timers.compaction = this.#options.clock.setTimer(0, () => {
      const outcome = this.#guarded(log, () => steps.next().done !== true)
      if (outcome === 'failed') return this.#awaitCompaction()
      if (outcome === true) return this.#step(log, steps)
      this.#options.logger.debug('log compacted', { log: log.name, bytes: log.sizeBytes })
      this.#compactDirtiest()
    })
  }

  /** What goes wrong with one log must not end the care for the others. */
  #guarded<T>(log: PartitionLog, work: () => T): T | 'failed' {
    try {
      return work()
    } catch (error) {
      const { code, message } = toStreamError(error)
      this.#options.logger.error('old records cannot be deleted', { log: log.name, code, message })
      return 'failed'
    }
  }
}
