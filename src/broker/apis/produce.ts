/**
 * Produce (0): one batch for each of some partitions.
 *
 * Versions 0–2 carry formats older than 2 and are refused, yet advertised: librdkafka concludes from their absence that the broker
 * cannot compress. Version 13 names topics by id. With acks 0 there is no answer; an error then ends the connection.
 *
 * A batch of a transaction is taken only if its partition is in the producer's open transaction. From version 12 on (KIP-890) writing
 * adds it; before, the producer must have done so. While the markers of the transaction before are on their way, a short wait
 * saves the producer a retry.
 *
 * A producer that believes in another leader is told the right one (10+).
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { BatchHeader } from '../../protocol/record-batch-reader.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Topic } from '../topics/topics.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { checkBatch } from './batch-check.ts'
import { CurrentLeaders } from './current-leader.ts'
import { rightTo } from './demand.ts'
import { findLed, findTopic, type Found } from './partition-lookup.ts'
import { admitToTransaction } from './transaction-admission.ts'

type Request = RequestOf<typeof apis.produce>
type Response = DeepPartial<ResponseOf<typeof apis.produce>>
type PartitionAnswer = NonNullable<NonNullable<Response['responses']>[number]['partitionResponses']>[number]

const leadersSince = { leader: 10, endpoints: 10 }

/** One partition's part of a request, on its way into the log. */
type Arrival = Ready | Refused

interface Ready {
  readonly kind: 'ready'
  readonly index: number
  readonly topic: Topic
  readonly log: PartitionLog
  readonly records: Buffer
  readonly header: BatchHeader
}

interface Refused {
  readonly kind: 'refused'
  readonly index: number
  readonly error: KafkaErrorName
  readonly message: string | null
}

export const produceHandler = defineHandler({
  api: apis.produce,
  minVersion: 3,
  advertisedMinVersion: 0,
  demands: ({ transactionalId }) =>
    transactionalId === null ? [] : [rightTo('write', 'transactionalId', transactionalId)],
  async handle(request, call): Promise<Response | undefined> {
    const responses: NonNullable<Response['responses']>[number][] = []
    const leaders = new CurrentLeaders(call, leadersSince)
    let failed = false
    for (const { name, topicId, partitionData } of request.topicData) {
      const topic = findTopic(call, { name, topicId }, 'write')
      const partitionResponses: PartitionAnswer[] = []
      for (const part of partitionData) {
        const arrival = checkArrival(part, topic, request, call)
        const admitted = needsAdmission(arrival) ? await admit(arrival, request, call) : arrival
        const answer = admitted.kind === 'ready' ? append(admitted, call) : refusedAnswer(admitted)
        if (answer.errorCode !== 0) failed = true
        partitionResponses.push({ ...answer, ...leaders.of(answer, topic, part.index) })
      }
      responses.push({ name, topicId, partitionResponses })
    }
    if (request.acks !== 0) return { responses, ...leaders.endpoints() }
    if (failed) call.disconnect()
    return undefined
  },
  refuse(request, errorCode): Response | undefined {
    if (request.acks === 0) return undefined
    return {
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
      })),
    }
  },
})

function checkArrival(
  part: Request['topicData'][number]['partitionData'][number],
  topic: Found<Topic>,
  request: Request,
  call: Call,
): Arrival {
  const { index } = part
  if (request.acks < -1 || request.acks > 1) return refused(index, 'INVALID_REQUIRED_ACKS')
  if (topic.kind === 'missing') return refused(index, topic.error)
  const found = findLed(topic, index, call)
  if (found.kind === 'missing') return refused(index, found.error)
  const configs = topic.it.configs.effective
  const { layout } = call.node
  const inSync = layout.inSync(layout.placementOf(topic.it, index)).length
  if (request.acks === -1 && configs.minInsyncReplicas > inSync)
    return refused(
      index,
      'NOT_ENOUGH_REPLICAS',
      `The partition has ${inSync} replicas in sync, of ${configs.minInsyncReplicas} that it needs`,
    )
  const rules = { apiVersion: call.apiVersion, configs, nowMs: call.node.clock.nowMs() }
  const { error, message, header, records } = checkBatch(part.records, rules)
  if (header === undefined || records === null) return refused(index, error, message)
  if (header.transactional && !request.transactionalId)
    return refused(index, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  return { kind: 'ready', index, topic: topic.it, log: found.it, records, header }
}

/** Whether the transaction coordinator must be asked: the log does not have this producer's transaction open already. */
function needsAdmission(arrival: Arrival): arrival is Ready {
  if (arrival.kind === 'refused' || !arrival.header.transactional) return false
  const state = arrival.log.producers.get(arrival.header.producerId)
  return state?.openSinceOffset === undefined || state.epoch !== arrival.header.producerEpoch
}

async function admit(arrival: Ready, request: Request, call: Call): Promise<Arrival> {
  const { producerId, producerEpoch } = arrival.header
  const claim = { transactionalId: request.transactionalId ?? '', producerId, producerEpoch }
  const partition = { topic: arrival.topic.name, partition: arrival.index }
  const error = await admitToTransaction(claim, partition, call)
  if (error !== 'NONE') return refused(arrival.index, error)
  // The partition may have got another leader while the request waited.
  const led = findLed({ kind: 'found', it: arrival.topic }, arrival.index, call)
  return led.kind === 'found' ? arrival : refused(arrival.index, led.error)
}

function append({ index, topic, log, header, records }: Ready, { node }: Call): PartitionAnswer {
  const nowMs = node.clock.nowMs()
  const { logAppendTime } = topic.configs.effective
  const logAppendTimeMs = logAppendTime ? nowMs : undefined
  const outcome = log.append({ bytes: records, header, logAppendTimeMs }, nowMs)
  if (outcome.kind === 'refused') return refusedAnswer(refused(index, outcome.error))
  const { baseOffset, timestampMs } =
    outcome.kind === 'duplicate' ? outcome.batch : { ...outcome, timestampMs: nowMs }
  return {
    index,
    errorCode: 0,
    baseOffset,
    logAppendTimeMs: logAppendTime ? timestampMs : -1,
    logStartOffset: log.startOffset,
  }
}

function refused(index: number, error: KafkaErrorName, message: string | null = null): Refused {
  return { kind: 'refused', index, error, message }
}

function refusedAnswer({ index, error, message }: Refused): PartitionAnswer {
  return { index, errorCode: kafkaErrorCode(error), errorMessage: message, baseOffset: -1 }
}
