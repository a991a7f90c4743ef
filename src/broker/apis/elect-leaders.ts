/**
 * ElectLeaders (43): gives partitions back to their preferred leaders (type 0), or to any replica that runs where nobody leads (type 1,
 * version 1+; nothing is ever unclean here, since replicas share one log). Null topics mean all that need it.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { nobody } from '../cluster/layout.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Request = RequestOf<typeof apis.electLeaders>
type Response = DeepPartial<ResponseOf<typeof apis.electLeaders>>
type Outcome = readonly [KafkaErrorName, string | null]

const preferred = 0

export const electLeadersHandler = defineHandler({
  api: apis.electLeaders,
  demands: () => [onCluster('alter')],
  handle(request, call): Response {
    const { topicPartitions } = request
    const asked = topicPartitions ?? everyPartition(call)
    const replicaElectionResults = asked.map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions
        .map((partitionId) => {
          const [error, errorMessage] = elect(topic, partitionId, { request, call })
          return { partitionId, error, errorCode: kafkaErrorCode(error), errorMessage }
        })
        .filter(({ error }) => topicPartitions !== null || error !== 'ELECTION_NOT_NEEDED'),
    }))
    return {
      replicaElectionResults: replicaElectionResults.filter(
        ({ partitionResult }) => topicPartitions !== null || partitionResult.length > 0,
      ),
    }
  },
  refuse: (request, errorCode, { apiVersion }): Response => {
    // Version 0 has no place for an error but the partitions.
    if (apiVersion > 0) return { errorCode }
    return {
      replicaElectionResults: (request.topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage: null })),
      })),
    }
  },
})

function everyPartition({ node }: Call): NonNullable<Request['topicPartitions']> {
  return node.topics
    .all()
    .map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))
}

function elect(
  name: string,
  partition: number,
  { request, call }: { readonly request: Request; readonly call: Call },
): Outcome {
  const { topics, layout } = call.node
  const topic = topics.get(name)
  if (topic?.partitions[partition] === undefined)
    return ['UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${name}-${partition}`]
  const placement = layout.placementOf(topic, partition)
  const [first = nobody] = placement.replicas
  const byPreference = request.electionType === preferred
  const led = byPreference ? placement.leaderId === first : placement.leaderId !== nobody
  if (led) return ['ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.']
  const next = byPreference ? first : layout.inSync(placement)[0]
  if (next === undefined || !layout.runs(next))
    return byPreference
      ? ['PREFERRED_LEADER_NOT_AVAILABLE', 'The preferred leader was not available.']
      : ['ELIGIBLE_LEADERS_NOT_AVAILABLE', 'Eligible topic partition leaders are not available.']
  layout.moveLeader(topic, partition, next)
  return ['NONE', null]
}
