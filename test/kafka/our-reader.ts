import { openKafka } from '../../src/kafka/client.ts'
import type { TopicPartition } from '../../src/kafka/contracts.ts'
import { fetcherDefaults } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { RecordColumns } from '../../src/protocol/record-columns.ts'

/** What our own client sees of a partition, records of aborted transactions too: offset, key and value of each. */
export async function readByUs(
  bootstrap: string,
  from: TopicPartition,
  endOffset: number,
): Promise<string[]> {
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'reader', connector: tcpConnector() })
  const fetcher = kafka.fetcher({ ...fetcherDefaults, isolation: 'read_uncommitted' })
  fetcher.assign(from, 0)
  const columns = new RecordColumns()
  const seen: string[] = []
  for (let nextOffset = 0; nextOffset < endOffset;) {
    const part = fetcher.poll()
    if (part === undefined) await fetcher.ready(100)
    for (const batch of part?.batches ?? []) {
      columns.read(batch)
      for (let row = 0; row < columns.count; row++) {
        const text = (start = 0, end = -1): string =>
          end < 0 ? 'null' : batch.buffer.toString('utf8', start, end)
        const key = text(columns.keyStart[row], columns.keyEnd[row])
        seen.push(`${columns.offset[row]} ${key} ${text(columns.valueStart[row], columns.valueEnd[row])}`)
      }
    }
    nextOffset = part?.nextOffset ?? nextOffset
  }
  await kafka.close()
  return seen
}
