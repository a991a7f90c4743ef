import { StreamError } from '../../base/errors.ts'
import { batchAt, endMarkerOf, recordsOf, verifyBatch } from '../../protocol/record-batch-reader.ts'
import type { FetchedBatch, IsolationLevel } from '../contracts.ts'
import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts'

export interface ReadBatches {
  readonly batches: readonly FetchedBatch[]
  /** After the last whole batch, whether it was data or not. */
  readonly nextOffset: number
  /** Of the last whole batch; −1 where there is none. */
  readonly leaderEpoch: number
}

/**
 * The batches of data in what a broker sent for one partition: checked, decompressed, without control batches, without
 * aborted ones where `isolation` says so, and without those that end before `fetchOffset`. Buffers are views of `records`.
 *
 * @param records - whole batches; the last one may be cut off
 * @throws StreamError `BATCH_CORRUPT`; `PROTOCOL_MALFORMED` when there is not one whole batch
 */
export function readBatches(
  records: Buffer,
  fetchOffset: number,
  isolation: IsolationLevel,
  listed: readonly AbortedTransaction[],
): ReadBatches {
  const aborted = new AbortedTransactions(isolation === 'read_committed' ? listed : [])
  const batches: FetchedBatch[] = []
  let nextOffset = fetchOffset
  let leaderEpoch = -1
  let header = batchAt(records, 0)
  if (header === undefined && records.length > 0) throw cutBatch(records.length)
  for (; header !== undefined; header = batchAt(records, header.end)) {
    verifyBatch(records, header)
    leaderEpoch = header.leaderEpoch
    const { control, transactional, producerId, lastOffset } = header
    nextOffset = Math.max(nextOffset, lastOffset + 1)
    if (control) {
      if (endMarkerOf(records, header) !== undefined) aborted.ended(producerId, lastOffset)
      continue
    }
    if (transactional && aborted.includes(producerId, lastOffset)) continue
    if (lastOffset >= fetchOffset && header.count > 0) batches.push(recordsOf(records, header))
  }
  return { batches, nextOffset, leaderEpoch }
}

function cutBatch(bytes: number): StreamError {
  return new StreamError(
    'PROTOCOL_MALFORMED',
    `the broker sent ${bytes} bytes that hold no whole record batch`,
  )
}
