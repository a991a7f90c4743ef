import { bench } from '../../bench/harness.ts'
import { batchAt, recordsOf } from './record-batch-reader.ts'
import { RecordBatchWriter } from './record-batch-writer.ts'
import { RecordColumns } from './record-columns.ts'

// Question: what does a record cost between the socket's buffer and its positions?
// Budget: 0.03 µs per record of 175 bytes. Expectation: some 15 bytes are looked at per record, the rest is skipped.
bench('RecordColumns', (b) => {
  const records = b.parameter('RECORDS', 1_000, 1_000_000)
  const perBatch = 4_000
  const key = Buffer.from('customer-123456')
  const value = Buffer.alloc(160, 0x61)
  const writer = new RecordBatchWriter(1 << 20)
  for (let i = 0; i < Math.min(perBatch, records); i++) {
    const slices = { key, keyStart: 0, keyEnd: key.length, value, valueStart: 0, valueEnd: value.length }
    writer.append({ ...slices, timestampMs: 1_700_000_000_000 + i * 7, headers: undefined })
  }
  const batch = writer.finish()
  const header = batchAt(batch, 0)
  if (header === undefined) return
  const section = recordsOf(batch, header)
  const columns = new RecordColumns()
  b.measure('read', { count: records, of: 'records' }, () => {
    let checksum = 0
    for (let done = 0; done < records; done += section.count) {
      columns.read(section)
      checksum = (checksum + (columns.valueEnd[section.count - 1] ?? 0)) % 65_521
    }
    return checksum
  })
})
