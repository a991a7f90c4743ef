import { bench } from '../../bench/harness.ts'
import { RecordBatchWriter } from './record-batch-writer.ts'

// Question: what does a record cost on its way into a batch, checksum included?
// Budget: 0.2 µs per record of 175 bytes. Expectation: two copies, six varints, 175 bytes of checksum at some 5 GB/s.
bench('RecordBatchWriter', (b) => {
  const records = b.parameter('RECORDS', 1_000, 1_000_000)
  const batchBytes = 1 << 19
  const key = Buffer.from('customer-123456')
  const value = Buffer.alloc(160, 0x61)
  const record = {
    timestampMs: 0,
    key,
    keyStart: 0,
    keyEnd: key.length,
    value,
    valueStart: 0,
    valueEnd: value.length,
    headers: undefined,
  }
  const writer = new RecordBatchWriter(batchBytes)
  b.measure('append and finish', { count: records, of: 'records' }, () => {
    let checksum = 0
    for (let i = 0; i < records; i++) {
      record.timestampMs = 1_700_000_000_000 + i * 7
      writer.append(record)
      if (writer.sizeBytes > batchBytes) checksum = (checksum + writer.finish().readUInt32BE(17)) % 65_521
    }
    return (checksum + writer.finish().readUInt32BE(17)) % 65_521
  })
})
