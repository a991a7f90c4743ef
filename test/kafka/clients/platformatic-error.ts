import { ProtocolError } from '@platformatic/kafka'

/** The number of Kafka's error that this client wraps up. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && error.message.startsWith('Unknown topic')) return '3'
  if (error instanceof ProtocolError) return String(error['apiCode'])
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (error instanceof Error && error.cause !== undefined) return codeOf(error.cause)
  return String(error)
}
