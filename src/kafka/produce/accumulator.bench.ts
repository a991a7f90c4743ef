import { BufferPool } from '../../base/buffer-pool.ts'
import { bench } from '../../../bench/harness.ts'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import { seededRandom } from '../../base/random.ts'
import { Cluster } from '../cluster/cluster.ts'
import { producerDefaults } from '../fixtures/clients.ts'
import { tcpConnector } from '../tcp-connector.ts'
import { Accumulator } from './accumulator.ts'

// Question: what does a record cost on its way into its partition's batch, partitioner and checksum included?
// Budget: 0.3 µs per record of 175 bytes. Expectation: the batch writer's 0.2 µs, a hash of 8 bytes, and two look-ups.
bench('Accumulator', (b) => {
  const records = b.parameter('RECORDS', 1_000, 1_000_000)
  const cluster = new Cluster({
    bootstrap: [],
    clientId: 'bench',
    connector: tcpConnector(),
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    requestTimeoutMs: 1,
    startTimeoutMs: 1,
    retryTimeoutMs: 1,
    backoffMinMs: 1,
    backoffMaxMs: 1,
    metadataMaxAgeMs: 1,
    closing: new AbortController().signal,
    buffers: new BufferPool(1_000_000),
  })
  const accumulator = new Accumulator(cluster, { ...producerDefaults, batchBytes: 1 << 18 }, () => {})
  accumulator.know('t', 4)
  const key = Buffer.alloc(8)
  const value = Buffer.alloc(160, 0x61)
  const record = {
    partition: -1,
    timestampMs: 1_700_000_000_000,
    key,
    keyStart: 0,
    keyEnd: key.length,
    value,
    valueStart: 0,
    valueEnd: value.length,
    headers: undefined,
  }
  b.measure('append and seal', { count: records, of: 'records' }, () => {
    let checksum = 0
    for (let i = 0; i < records; i++) {
      key.writeUInt32BE(i, 4)
      checksum = (checksum + accumulator.append('t', record)) % 65_521
      if (accumulator.full) accumulator.dropWaiting()
    }
    accumulator.dropWaiting()
    return checksum
  })
})
