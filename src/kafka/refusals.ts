import type { StreamError } from '../base/errors.ts'
import { kafkaNameOf } from './cluster/response-error.ts'

/** Whether it is a record that is not taken as it is: by its topic's limits before it is sent, or by a broker. */
export function isRecordRefused({ code }: StreamError): boolean {
  return code === 'RECORD_TOO_LARGE' || code === 'RECORD_REFUSED'
}

/** Whether a topic takes no records of such times: too far ahead, or too long ago. */
export function isTimeRefused(error: unknown): boolean {
  return kafkaNameOf(error) === 'INVALID_TIMESTAMP'
}
