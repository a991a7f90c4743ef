import { bench } from '../../../bench/harness.ts'
import { checkBatch } from '../apis/batch-check.ts'
import { batchOf } from '../fixtures/test-broker.ts'
import { openTestLog } from '../fixtures/test-log.ts'
import { TopicConfigs } from '../topics/topic-configs.ts'

// Question: do writing and reading cost per batch and byte, not per record?
// Budget: 1 GB/s on one core for checking and appending batches of 64 KB, so that sockets stay the larger cost.
bench('PartitionLog', (b) => {
  const batches = b.parameter('BATCHES', 10, 4000)
  const batch = batchOf(Array.from({ length: 60 }, () => 'x'.repeat(1024)))
  const configs = new TopicConfigs(new Map()).effective
  b.measure('check, append and read batches of 64 KB', { count: batches * batch.length, of: 'bytes' }, () => {
    const log = openTestLog({ segmentBytes: 8_388_608 })
    let checksum = 0
    for (let at = 0; at < batches; at++) {
      const { header } = checkBatch(batch, { apiVersion: 12, configs, nowMs: 1_700_000_000_000 })
      if (header !== undefined) log.append({ bytes: batch, header, logAppendTimeMs: undefined }, 0)
      const limits = { isolation: 'read_committed', maxBytes: 1_048_576, atLeastOne: true } as const
      checksum += log.read(log.endOffset - 1, limits).records.length
    }
    return checksum % 65_521
  })
})
