/**
 * OffsetFetch (9): where groups have got to. One group up to version 7 (null topics, from version 2 on, mean all), several from version 8
 * on; version 10 names topics by id. A partition without an offset is answered with −1 and no error, and so is a group that does not exist.
 * A member of a consumer group says its epoch (9+), which must be the one it is in.
 * With `requireStable` (7+) an offset that an open transaction may still change is answered with UNSTABLE_OFFSET_COMMIT.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { GroupOffsets } from '../groups/group-offsets.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onGroup, rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'
import { findTopic, noTopicId } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.offsetFetch>
type Response = DeepPartial<ResponseOf<typeof apis.offsetFetch>>
type GroupAnswer = NonNullable<Response['groups']>[number]
interface WantedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

const groupsFromVersion = 8
const idsFromVersion = 10

export const offsetFetchHandler = defineHandler({
  api: apis.offsetFetch,
  demands: ({ groupId }) => (groupId === '' ? [] : [onGroup(groupId, 'describe')]),
  handle(request, call): Response {
    const { apiVersion } = call
    const view: View = { call, stable: request.requireStable, byId: apiVersion >= idsFromVersion }
    if (apiVersion >= groupsFromVersion) {
      const groups = request.groups.map(({ groupId, memberId, memberEpoch, topics }) => {
        const refused =
          refusalOf(call, onGroup(groupId, 'describe')) ??
          checkEpoch({ groupId, memberId, memberEpoch }, call)
        if (refused !== undefined) return { groupId, errorCode: kafkaErrorCode(refused) }
        return { groupId, topics: topicsOf(groupId, topics, view) }
      })
      return { groups }
    }
    const wanted = request.topics?.map((topic) => ({ ...topic, topicId: noTopicId })) ?? null
    return { topics: topicsOf(request.groupId, wanted, view) }
  },
  refuse(request: Request, errorCode, { apiVersion }): Response {
    if (apiVersion >= groupsFromVersion)
      return { groups: request.groups.map(({ groupId }) => ({ groupId, errorCode })) }
    // Versions 0 and 1 have no place for an error but the partitions.
    const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...noOffset, errorCode })),
    }))
    return { topics, errorCode }
  },
})

/** A member of a consumer group must be in its epoch; nobody else says one. */
function checkEpoch(
  { groupId, memberId, memberEpoch }: { groupId: string; memberId: string | null; memberEpoch: number },
  { node }: Call,
): KafkaErrorName | undefined {
  if (memberId === null && memberEpoch < 0) return undefined
  const error = node.groups.consumer(groupId)?.checkEpoch(memberId ?? '', memberEpoch) ?? 'NONE'
  return error === 'NONE' ? undefined : error
}

interface View {
  readonly call: Call
  readonly stable: boolean
  readonly byId: boolean
}

const noOffset = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }

function topicsOf(
  groupId: string,
  wanted: readonly WantedTopic[] | null,
  view: View,
): NonNullable<GroupAnswer['topics']> {
  const offsets = view.call.node.groups.get(groupId)?.offsets
  return (wanted ?? everything(offsets, view)).map(({ name, topicId, partitionIndexes }) => {
    const topic = view.byId ? findTopic(view.call, { name, topicId }, 'describe') : undefined
    const known = topic?.kind === 'found' ? topic.it.name : name
    const refused = view.byId ? undefined : refusalOf(view.call, rightTo('describe', 'topic', name))
    const error = topic?.kind === 'missing' ? topic.error : refused
    return {
      name: known,
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => {
        if (error !== undefined) return { partitionIndex, ...noOffset, errorCode: kafkaErrorCode(error) }
        return { partitionIndex, ...offsetOf(offsets, known, partitionIndex, view.stable) }
      }),
    }
  })
}

function offsetOf(offsets: GroupOffsets | undefined, topic: string, partition: number, stable: boolean) {
  if (stable && offsets?.isPending(topic, partition) === true)
    return { ...noOffset, errorCode: kafkaErrorCode('UNSTABLE_OFFSET_COMMIT') }
  const entry = offsets?.get(topic, partition)
  if (entry === undefined) return noOffset
  const { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata } = entry
  return { committedOffset, committedLeaderEpoch, metadata, errorCode: 0 }
}

/** What the caller may see of the group's offsets. */
function everything(offsets: GroupOffsets | undefined, { call }: View): WantedTopic[] {
  const byTopic = Map.groupBy(offsets?.committed() ?? [], ({ topic }) => topic)
  const visible = [...byTopic].filter(
    ([name]) => refusalOf(call, rightTo('describe', 'topic', name)) === undefined,
  )
  return visible.map(([name, entries]) => ({
    name,
    topicId: call.node.topics.get(name)?.id ?? noTopicId,
    partitionIndexes: entries.map(({ partition }) => partition),
  }))
}
