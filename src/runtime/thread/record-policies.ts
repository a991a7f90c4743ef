import { addDetail, toStreamError, type StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Counter, Labels, Metrics } from '../../base/metrics.ts'
import { deadLetterHeaders } from '../../data/dead-letter.ts'
import type { RawRecord } from '../../process/environment.ts'
import type { ApplicationOptions, RecordStage } from '../options.ts'
import { stageOf, withCoordinates } from '../task/record-policy.ts'
import type { Output } from './output.ts'

/**
 * What happens to records that went wrong: no record vanishes without being counted. A dead letter carries the raw bytes and goes
 * out in the transaction that passes over the record.
 */
export class RecordPolicies {
  readonly #options: Pick<ApplicationOptions, 'policies' | 'deadLetterTopic' | 'applicationId'>
  readonly #output: Output
  readonly #metrics: Metrics
  readonly #logger: Logger

  constructor(
    options: Pick<ApplicationOptions, 'policies' | 'deadLetterTopic' | 'applicationId'>,
    surroundings: { readonly output: Output; readonly metrics: Metrics; readonly logger: Logger },
  ) {
    this.#options = options
    this.#output = surroundings.output
    this.#metrics = surroundings.metrics
    this.#logger = surroundings.logger
  }

  /** @throws `error` with the record's coordinates, where the trouble is not the record's, or its policy is to fail */
  apply(raw: RawRecord, error: StreamError, task: string): void {
    const stage = stageOf(error)
    const policy = stage === undefined ? 'fail' : this.#options.policies[stage]
    if (stage === undefined || policy === 'fail') throw withCoordinates(error, raw, task)
    if (policy === 'dead_letter') this.#buryOrThrow(raw, error, { stage, task })
    const labels = { topic: raw.topic, task, stage, policy }
    this.#output.counts.of(this.#failed(labels)).value += 1
    this.#logger.debug('record failed', { code: error.code, offset: raw.offset, ...labels })
  }

  /** For records that are no input of a task, such as a global table's: skipped where the policy is not to fail. */
  leaveOut(error: StreamError): void {
    const stage = stageOf(error)
    if (stage === undefined || this.#options.policies[stage] === 'fail') throw error
    const labels = { stage, policy: 'skip' }
    this.#failed(labels).value += 1
  }

  #failed(labels: Labels): Counter {
    return this.#metrics.counter('weft_records_failed_total', 'records that went wrong, by policy', labels)
  }

  /** @throws `error`, where the letter itself cannot be written: the record must not vanish, and its own trouble is what to mend */
  #buryOrThrow(
    raw: RawRecord,
    error: StreamError,
    { stage, task }: { readonly stage: RecordStage; readonly task: string },
  ): void {
    try {
      this.#bury(raw, error, stage)
    } catch (thrown) {
      const refusal = toStreamError(thrown)
      if (stageOf(refusal) !== 'produce') throw refusal
      throw addDetail(
        withCoordinates(error, raw, task),
        `It cannot be kept as a dead letter: ${refusal.message}.`,
      )
    }
  }

  #bury(raw: RawRecord, error: StreamError, stage: RecordStage): void {
    const { deadLetterTopic, applicationId } = this.#options
    this.#output.sendBytes(
      { topic: deadLetterTopic, partition: -1 },
      raw.keyEnd < 0 ? null : raw.buffer.subarray(raw.keyStart, raw.keyEnd),
      raw.valueEnd < 0 ? null : raw.buffer.subarray(raw.valueStart, raw.valueEnd),
      {
        timestampMs: raw.timestampMs,
        headers: deadLetterHeaders(raw.headers, {
          application: applicationId,
          topic: raw.topic,
          partition: raw.partition,
          offset: raw.offset,
          timestampMs: raw.timestampMs,
          stage,
          errorCode: error.code,
          errorMessage: messageOf(error),
        }),
      },
    )
  }
}

/** With the place in the definition, which no excerpt shows here. */
function messageOf({ message, detail, span }: StreamError): string {
  const said = detail === undefined ? message : `${message}: ${detail}`
  return span === undefined ? said : `${said} (${span.file}:${span.line}:${span.column})`
}
