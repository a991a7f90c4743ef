import { assert } from '../../base/assert.ts'
import { parseDurationMs } from '../../base/duration.ts'
import { StreamError } from '../../base/errors.ts'
import { partitionKey } from '../../kafka/contracts.ts'
import type { Admin, FetchedPartition, IsolationLevel, TopicPartition } from '../../kafka/contracts.ts'
import type { OffsetReset, Topology } from '../../topology/topology.ts'

/** What each topic's source says about where to begin; topics that say nothing take the default, internal ones their beginning. */
export function resetPolicies(
  topology: Topology,
  internal: ReadonlySet<string>,
  otherwise: OffsetReset,
): (topic: string) => OffsetReset {
  const said = new Map<string, OffsetReset>()
  for (const node of topology.nodes) {
    if (node.kind === 'source' && node.reset !== undefined)
      for (const topic of node.topics) said.set(topic, node.reset)
    if (node.kind === 'table-source' && node.reset !== undefined) said.set(node.topic, node.reset)
  }
  return (topic) => (internal.has(topic) ? 'earliest' : (said.get(topic) ?? otherwise))
}

interface ResetOptions {
  readonly policyOf: (topic: string) => OffsetReset
  readonly isolation: IsolationLevel
  readonly nowMs: number
}

/**
 * Where partitions begin that have no committed offset, or one that is not in the log.
 *
 * @returns offsets keyed by partition
 * @throws StreamError `OFFSET_OUT_OF_RANGE` where the policy is `none`
 */
export async function resetOffsets(
  admin: Pick<Admin, 'listOffsets'>,
  partitions: readonly TopicPartition[],
  options: ResetOptions,
): Promise<Map<string, number>> {
  const groups = new Map<OffsetReset, TopicPartition[]>()
  for (const partition of partitions) {
    const policy = options.policyOf(partition.topic)
    groups.set(policy, [...(groups.get(policy) ?? []), partition])
  }
  const found = new Map<string, number>()
  for (const [policy, group] of groups) {
    for (const [key, offset] of await resetGroup(admin, group, policy, options)) found.set(key, offset)
  }
  return found
}

/**
 * Where to go on in a partition of which a broker said that the offset asked for is not in its log.
 *
 * The policy is for records that are gone before anybody read them. An offset behind the end says that records are gone which
 * were read: beginning anew would process what is left a second time. And one that is in the log after all is right: a leader that has
 * only just begun may have said too much.
 *
 * @throws StreamError `LOG_TRUNCATED`; `OFFSET_OUT_OF_RANGE` where the policy is `none`
 */
export async function offsetToGoOn(
  admin: Pick<Admin, 'listOffsets'>,
  chunk: FetchedPartition,
  options: ResetOptions,
): Promise<number> {
  const key = partitionKey(chunk)
  const { fetchOffset } = chunk
  const start = (await admin.listOffsets([chunk], 'earliest', 'read_uncommitted')).get(key)
  const end = (await admin.listOffsets([chunk], 'latest', 'read_uncommitted')).get(key)
  assert(start !== undefined && end !== undefined, `nobody has said where ${key} begins and ends`)
  if (fetchOffset > end) throw truncated(key, fetchOffset, end)
  if (fetchOffset >= start) return fetchOffset
  const found = (await resetOffsets(admin, [chunk], options)).get(key)
  assert(found !== undefined, `nobody has said where ${key} goes on`)
  return found
}

function truncated(key: string, fetchOffset: number, end: number): StreamError {
  return new StreamError('LOG_TRUNCATED', `partition ${key} ends before the offset to go on from`, {
    detail: `That is ${fetchOffset}; the log ends at ${end}: it lost records that were read already, or was made anew.`,
    hint: 'What was computed from them stands. "weft reset" lets the application begin anew.',
  })
}

async function resetGroup(
  admin: Pick<Admin, 'listOffsets'>,
  partitions: readonly TopicPartition[],
  policy: OffsetReset,
  { isolation, nowMs }: ResetOptions,
): Promise<Map<string, number>> {
  if (policy === 'earliest' || policy === 'latest') return admin.listOffsets(partitions, policy, isolation)
  if (policy === 'none') {
    const first = partitions[0]
    throw new StreamError(
      'OFFSET_OUT_OF_RANGE',
      `topic "${first?.topic}", partition ${first?.partition} has no committed offset in its log`,
      { hint: 'Set the source\'s offset reset policy to "earliest" or "latest".' },
    )
  }
  const byTime = await admin.listOffsets(partitions, nowMs - resetDurationMs(policy), isolation)
  const late = partitions.filter((partition) => (byTime.get(partitionKey(partition)) ?? -1) < 0)
  if (late.length === 0) return byTime
  return new Map([...byTime, ...(await admin.listOffsets(late, 'latest', isolation))])
}

/** `by_duration:PT1H30M` as in Kafka, or `by_duration:90m`. */
export function resetDurationMs(policy: `by_duration:${string}`): number {
  const text = policy.slice('by_duration:'.length)
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text)
  if (iso === null) return parseDurationMs(text)
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0))
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000
}
