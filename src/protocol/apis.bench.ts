import { bench } from '../../bench/harness.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { apis } from './apis.ts'

// Question: what do the messages cost that carry the records, with 100 partitions in each?
// Budget: 1 µs per partition, so that a fetch of a hundred records per partition pays 0.01 µs a record for it.
bench('messages', (b) => {
  const rounds = b.parameter('ROUNDS', 2, 2_000)
  const partitions = 100
  const version = apis.fetch.maxVersion
  const writer = new ByteWriter(1 << 16)
  const records = Buffer.alloc(100)
  const entries = Array.from({ length: partitions }, (_, partitionIndex) => {
    return { partitionIndex, highWatermark: 5, lastStableOffset: 5, records, abortedTransactions: [] }
  })
  const response = { responses: [{ topicId: '0123456789abcdef'.repeat(2), partitions: entries }] }
  b.measure('encode a fetch response', { count: rounds * partitions, of: 'partitions' }, () => {
    for (let i = 0; i < rounds; i++) {
      writer.reset()
      apis.fetch.response.encode(response, version, writer)
    }
    return writer.length
  })
  const encoded = writer.copy()
  b.measure('decode a fetch response', { count: rounds * partitions, of: 'partitions' }, () => {
    let checksum = 0
    for (let i = 0; i < rounds; i++) {
      const { responses } = apis.fetch.response.decode(encoded, version)
      checksum += responses[0]?.partitions.length ?? 0
    }
    return checksum
  })
})
