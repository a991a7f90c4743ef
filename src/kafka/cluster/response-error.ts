import { StreamError, type ErrorCode } from '../../base/errors.ts'
import { isRetriable, kafkaErrorName, type KafkaErrorName } from '../../protocol/error-codes.ts'

/** What Kafka's errors are to us, where it is more than "may pass" or "will not pass". */
const meanings: Partial<Record<KafkaErrorName, ErrorCode>> = {
  TOPIC_AUTHORIZATION_FAILED: 'NOT_AUTHORIZED',
  GROUP_AUTHORIZATION_FAILED: 'NOT_AUTHORIZED',
  CLUSTER_AUTHORIZATION_FAILED: 'NOT_AUTHORIZED',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'NOT_AUTHORIZED',
  SASL_AUTHENTICATION_FAILED: 'AUTHENTICATION_FAILED',
  UNSUPPORTED_VERSION: 'API_NOT_SUPPORTED',
  INVALID_TOPIC_EXCEPTION: 'TOPIC_INVALID',
  INVALID_PARTITIONS: 'TOPIC_INVALID',
  INVALID_REPLICATION_FACTOR: 'TOPIC_INVALID',
  INVALID_CONFIG: 'TOPIC_INVALID',
  POLICY_VIOLATION: 'TOPIC_INVALID',
  MESSAGE_TOO_LARGE: 'RECORD_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'RECORD_TOO_LARGE',
  OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
  PRODUCER_FENCED: 'PRODUCER_FENCED',
  INVALID_PRODUCER_EPOCH: 'PRODUCER_FENCED',
  INVALID_PRODUCER_ID_MAPPING: 'PRODUCER_FENCED',
  TRANSACTION_COORDINATOR_FENCED: 'PRODUCER_FENCED',
  UNKNOWN_MEMBER_ID: 'MEMBER_FENCED',
  ILLEGAL_GENERATION: 'MEMBER_FENCED',
  FENCED_INSTANCE_ID: 'MEMBER_FENCED',
  TRANSACTION_ABORTABLE: 'TRANSACTION_ABORTABLE',
  CONCURRENT_TRANSACTIONS: 'KAFKA_RETRIABLE',
}

const hints: Partial<Record<ErrorCode, string>> = {
  PRODUCER_FENCED: 'Another producer took over this transactional id; make a new one to take it back.',
  MEMBER_FENCED: 'The group went on without this member; join again, and start from the committed offsets.',
  RECORD_TOO_LARGE: 'Raise `max.message.bytes` of the topic, or make batches and records smaller.',
}

const acls = 'kafka-acls --add --allow-principal User:NAME --operation'
/** Which right is missing, where the code tells the kind of thing that it is on. */
const rights: Partial<Record<KafkaErrorName, string>> = {
  TOPIC_AUTHORIZATION_FAILED: `Let this user describe, read, write or create the topic, whichever it needs: ${acls} … --topic TOPIC`,
  GROUP_AUTHORIZATION_FAILED: `Let this user read the group: ${acls} Read --group GROUP`,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: `Let this user write with ids that begin so: ${acls} Write --operation Describe --transactional-id PREFIX --resource-pattern-type prefixed`,
  CLUSTER_AUTHORIZATION_FAILED: `Let this user do it on the cluster (IdempotentWrite to write, Create to make topics): ${acls} … --cluster`,
}

/**
 * The error that an answer's code stands for.
 *
 * @param code - not 0
 * @param what - what was tried, to follow "could not"
 * @param detail - what the broker says about it, if anything
 */
export function responseError(code: number, what: string, detail?: string | null): StreamError {
  const name = kafkaErrorName(code)
  const meaning = meanings[name] ?? (isRetriable(code) ? 'KAFKA_RETRIABLE' : 'KAFKA_FATAL')
  const hint = rights[name] ?? hints[meaning]
  return new StreamError(meaning, `could not ${what} (${name})`, {
    ...(detail === undefined || detail === null || detail === '' ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    cause: code,
  })
}

/** @throws StreamError what the code stands for, unless it is 0 */
export function checkResponse(code: number, what: string, detail?: string | null): void {
  if (code !== 0) throw responseError(code, what, detail)
}

/** The name that Kafka gives what an answer said; undefined where no broker answered. */
export function kafkaNameOf(error: unknown): KafkaErrorName | undefined {
  if (!(error instanceof StreamError) || typeof error.cause !== 'number') return undefined
  return kafkaErrorName(error.cause)
}
