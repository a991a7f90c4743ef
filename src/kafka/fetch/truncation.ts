import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import type { BrokerConnection } from '../cluster/broker-connection.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { isRetriable } from '../../protocol/error-codes.ts'
import { responseError } from '../cluster/response-error.ts'
import type { FetchPosition } from './fetch-position.ts'

/**
 * Whether a new leader may lack what its predecessor gave us: the position has records behind it and the leader's epoch is
 * higher than any it was checked against.
 */
export function needsCheck(position: FetchPosition, metadata: Metadata): boolean {
  const leaderEpoch = metadata.partition(position.topic, position.partition)?.leaderEpoch ?? -1
  if (position.lastEpoch < 0) {
    position.checkedEpoch = leaderEpoch
    return false
  }
  return leaderEpoch > position.checkedEpoch
}

/**
 * Asks the leader where the epoch of the last record read ends in its log; a position beyond that was cut off. A leader that does not
 * know the epoch (−1) says nothing against the position: whether it lies in the log, fetching shows.
 *
 * @param fail - called with `LOG_TRUNCATED` for each position that is no longer in the log
 */
export async function checkPositions(
  connection: BrokerConnection,
  positions: readonly FetchPosition[],
  metadata: Metadata,
  fail: (position: FetchPosition, error: StreamError) => void,
): Promise<void> {
  const epochs = new Map(positions.map((one) => [one.key, leaderEpochOf(metadata, one)]))
  const eras = new Map(positions.map((one) => [one.key, one.era]))
  const response = await connection.send(apis.offsetForLeaderEpoch, () => ({
    topics: positions.map((one) => ({
      topic: one.topic,
      partitions: [
        {
          partition: one.partition,
          currentLeaderEpoch: leaderEpochOf(metadata, one),
          leaderEpoch: one.lastEpoch,
        },
      ],
    })),
  }))
  for (const { topic, partitions } of response.topics) {
    for (const { partition, errorCode, endOffset } of partitions) {
      const position = positions.find((one) => one.topic === topic && one.partition === partition)
      if (position === undefined || position.era !== eras.get(position.key)) continue
      if (errorCode !== 0 && isRetriable(errorCode)) {
        throw responseError(errorCode, `check the position in ${position.key}`)
      }
      if (errorCode === 0 && (endOffset < 0 || endOffset >= position.offset)) {
        position.checkedEpoch = epochs.get(position.key) ?? -1
      } else if (errorCode === 0) fail(position, truncated(position, endOffset))
      else fail(position, responseError(errorCode, `check the position in ${position.key}`))
    }
  }
}

function truncated({ key, offset, lastEpoch }: FetchPosition, endOffset: number): StreamError {
  return new StreamError('LOG_TRUNCATED', `partition ${key} lost records that were read already`, {
    detail: `The position is ${offset}; in the new leader's log, epoch ${lastEpoch} ends at ${endOffset}.`,
    hint: 'An unclean leader election loses records; state built from them must be rebuilt.',
  })
}

function leaderEpochOf(metadata: Metadata, position: FetchPosition): number {
  return metadata.partition(position.topic, position.partition)?.leaderEpoch ?? -1
}
