import { StreamError } from '../../base/errors.ts'
import type { DeepPartial } from '../../protocol/api.ts'
import type { apis, RequestOf, ResponseOf } from '../../protocol/apis.ts'
import { isRetriable, kafkaErrorName, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { responseError } from '../cluster/response-error.ts'
import type { PartitionQueue, SealedBatch } from './partition-queue.ts'

export interface SentBatch {
  readonly queue: PartitionQueue
  readonly batch: SealedBatch
}

export interface ProduceFacts {
  readonly transactionalId: string | null
  readonly timeoutMs: number
}

export type Verdict =
  | { readonly kind: 'acknowledged'; readonly baseOffset: number }
  | { readonly kind: 'again' | 'lost'; readonly error: StreamError }

type ProduceResponse = ResponseOf<typeof apis.produce>
type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

const acksAll = -1
/** From here on topics go by their id. */
const topicIdVersion = 13

/** One batch for each of its partitions. */
export function produceRequest(
  sent: readonly SentBatch[],
  facts: ProduceFacts,
  metadata: Metadata,
  version: number,
): DeepPartial<RequestOf<typeof apis.produce>> {
  const byTopic = Map.groupBy(sent, ({ queue }) => queue.topic)
  return {
    transactionalId: facts.transactionalId,
    acks: acksAll,
    timeoutMs: facts.timeoutMs,
    topicData: [...byTopic].map(([topic, parts]) => ({
      ...(version >= topicIdVersion ? { topicId: metadata.topic(topic)?.id ?? '' } : { name: topic }),
      partitionData: parts.map(({ queue, batch }) => ({ index: queue.partition, records: batch.bytes })),
    })),
  }
}

/** The answers of a response by `topic-partition`. */
export function answersByPartition(
  response: ProduceResponse,
  metadata: Metadata,
): Map<string, PartitionAnswer> {
  const answers = new Map<string, PartitionAnswer>()
  for (const { name, topicId, partitionResponses } of response.responses) {
    const topic = name === '' ? metadata.nameOf(topicId) : name
    for (const answer of partitionResponses) answers.set(`${topic}-${answer.index}`, answer)
  }
  return answers
}

/**
 * What a broker's answer means for a batch.
 *
 * @param overtaken - whether an earlier batch of the partition failed and waits to be sent again
 */
export function verdictOf(
  answer: PartitionAnswer | undefined,
  { key }: PartitionQueue,
  overtaken: boolean,
): Verdict {
  if (answer === undefined) {
    return { kind: 'lost', error: new StreamError('PROTOCOL_MALFORMED', `no answer for partition ${key}`) }
  }
  const { errorCode, baseOffset, errorMessage, recordErrors } = answer
  const name = kafkaErrorName(errorCode)
  if (name === 'NONE') return { kind: 'acknowledged', baseOffset }
  if (name === 'DUPLICATE_SEQUENCE_NUMBER') return { kind: 'acknowledged', baseOffset: -1 }
  const detail = errorMessage ?? recordErrors[0]?.batchIndexErrorMessage
  const what = `write to partition ${key}`
  if (name in refusals) return { kind: 'lost', error: refusal(errorCode, what, detail) }
  const error = responseError(errorCode, what, detail)
  const again = mayPass(errorCode, name) || (name === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && overtaken)
  return { kind: again ? 'again' : 'lost', error }
}

/** What a broker has against records themselves, however often they come: the setting to look at. */
const refusals: Partial<Record<KafkaErrorName, string>> = {
  INVALID_TIMESTAMP:
    'Mend what gives the records their timestamps, or raise `message.timestamp.after.max.ms` (`before`) of the topic.',
  INVALID_RECORD: 'Mend what the broker says of the records; a compacted topic takes none without a key.',
}

function refusal(code: number, what: string, detail: string | null | undefined): StreamError {
  const name = kafkaErrorName(code)
  return new StreamError('RECORD_REFUSED', `could not ${what} (${name})`, {
    ...(detail === null || detail === undefined || detail === '' ? {} : { detail }),
    hint: refusals[name] ?? '',
    cause: code,
  })
}

/** The partition may still be in the transaction before; its marker is on the way. */
function mayPass(code: number, name: KafkaErrorName): boolean {
  return isRetriable(code) || name === 'CONCURRENT_TRANSACTIONS'
}
