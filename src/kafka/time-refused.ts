import { kafkaNameOf } from './cluster/response-error.ts'

/** Whether a topic takes no records of such times: too far ahead, or too long ago. */
export function isTimeRefused(error: unknown): boolean {
  return kafkaNameOf(error) === 'INVALID_TIMESTAMP'
}
