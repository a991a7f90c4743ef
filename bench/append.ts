import type { Producer } from '../src/kafka/contracts.ts'

/** Appends a record; its partition is that of its key. */
export function append(
  producer: Producer,
  topic: string,
  key: Buffer,
  value: Buffer,
  timestampMs = Date.now(),
): void {
  producer.append(topic, {
    partition: -1,
    timestampMs,
    key,
    keyStart: 0,
    keyEnd: key.length,
    value,
    valueStart: 0,
    valueEnd: value.length,
    headers: undefined,
  })
}
