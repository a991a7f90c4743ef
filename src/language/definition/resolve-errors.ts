import type { Diagnostics } from '../diagnostic.ts'
import type { KsmlFields } from './fields/runner-fields.ts'

export type ErrorHandler = 'stopOnFail' | 'continueOnFail' | 'deadLetter' | 'retryOnFail'

export interface ErrorPolicy {
  readonly log: boolean
  readonly logPayload: boolean
  readonly loggerName: string
  readonly handler: ErrorHandler
}

/** What happens to records that cannot be read, that a function fails on, and that cannot be written. */
export interface ErrorHandling {
  readonly consume: ErrorPolicy
  readonly process: ErrorPolicy
  readonly produce: ErrorPolicy
  /** Where dead letters go; undefined: the application's own topic. */
  readonly deadLetterTopic: string | undefined
}

type Step = 'consume' | 'process' | 'produce'

const stop = { log: true, logPayload: false, handler: 'stopOnFail' } as const

export const defaultErrorHandling: ErrorHandling = {
  consume: { ...stop, loggerName: 'ConsumeError' },
  process: { ...stop, loggerName: 'ProcessError' },
  produce: { ...stop, loggerName: 'ProduceError' },
  deadLetterTopic: undefined,
}

export function resolveErrorHandling(
  fields: KsmlFields['errorHandling'],
  diagnostics: Diagnostics,
): ErrorHandling {
  const policy = (stage: Step): ErrorPolicy => {
    const given = fields?.[stage]
    if (given === undefined) return defaultErrorHandling[stage]
    if (given.handler.value === 'retryOnFail' && stage !== 'produce')
      diagnostics.error('CONFIG_INVALID', `"retryOnFail" cannot be used for "${stage}"`, given.handler.span, {
        detail: 'A record that cannot be read, or that a function fails on, fails again.',
        hint: 'Use "stopOnFail", "continueOnFail" or "deadLetter".',
      })
    return {
      log: given.log.value,
      logPayload: given.logPayload.value,
      loggerName: given.loggerName.value,
      handler: given.handler.value,
    }
  }
  return {
    consume: policy('consume'),
    process: policy('process'),
    produce: policy('produce'),
    deadLetterTopic: fields?.deadLetterTopic?.value,
  }
}
