import { bench } from '../../../bench/harness.ts'
import { RecordBatchWriter, stampPlace } from '../../protocol/record-batch-writer.ts'
import { readBatches } from './read-batches.ts'

// Question: what does a record cost between the socket and the task, before its columns are read?
// Budget: 0.1 µs per record of 175 bytes. Expectation: 175 bytes of checksum at some 5 GB/s, and one header per batch.
bench('readBatches', (b) => {
  const records = b.parameter('RECORDS', 1_000, 1_000_000)
  const value = Buffer.alloc(165, 0x61)
  const record = {
    timestampMs: 0,
    key: value,
    keyStart: 0,
    keyEnd: 8,
    value,
    valueStart: 0,
    valueEnd: value.length,
    headers: undefined,
  }
  const writer = new RecordBatchWriter()
  const batches: Buffer[] = []
  for (let offset = 0; offset < records; offset += 100) {
    for (let i = 0; i < 100; i++) writer.append(record)
    const batch = writer.finish()
    stampPlace(batch, 0, offset, 0)
    batches.push(batch)
  }
  const answer = Buffer.concat(batches)
  b.measure('verify and slice', { count: records, of: 'records' }, () => {
    const read = readBatches(answer, 0, 'read_committed', [])
    return read.nextOffset + read.batches.length
  })
})
