import { kafkaNameOf } from './cluster/response-error.ts'

/** Whether a group member ended because another one joined as the same instance. */
export function isInstanceFenced(error: unknown): boolean {
  return kafkaNameOf(error) === 'FENCED_INSTANCE_ID'
}
