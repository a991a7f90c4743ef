import { StreamError } from '../../base/errors.ts'

/** Kafka's properties by their names. */
export type Properties = Readonly<Record<string, string>>

/** Secrets stand in the properties of security: their values are not shown. */
export function wrongProperty(name: string, wanted: string, hint?: string): StreamError {
  return new StreamError('CONFIG_INVALID', `"${name}" is not ${wanted}`, {
    hint: hint ?? 'Correct it among the properties for Kafka.',
  })
}
