/**
 * The oracle of the protocol is Java: the message classes of Kafka's own client encode random fields, ours decode the bytes
 * and encode them again to equal ones; batches cross in both directions. Client and broker share our tables, so that nothing
 * between the two of them would show a mistake.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { seededRandom, type Random } from '../../src/base/random.ts'
import type { MessageCodec } from '../../src/protocol/api.ts'
import { apis } from '../../src/protocol/apis.ts'
import { assignmentCodec, subscriptionCodec } from '../../src/protocol/consumer-protocol.ts'
import { kafkaErrors } from '../../src/protocol/error-codes.ts'
import { murmur2 } from '../../src/protocol/murmur2.ts'
import { compressions, type Compression } from '../../src/protocol/record-batch-layout.ts'
import {
  batchesIn,
  endMarkerOf,
  RecordColumns,
  recordsOf,
  verifyBatch,
} from '../../src/protocol/record-batch-reader.ts'
import {
  controlBatch,
  RecordBatchWriter,
  stampLogAppendTime,
  type RecordSlices,
} from '../../src/protocol/record-batch-writer.ts'
import { readChunks, readMessageCases, writeChunks, type MessageCase } from './byte-cases.ts'
import { buildJava, javaClassPath, olderClassPath, runJava } from './java-tools.ts'

const seed = Number(process.env['SEED'] ?? 1)
const casesPerVersion = Number(process.env['CASES'] ?? 40)
const batchesPerCompression = 30

const folders = { current: newFolder(), older: newFolder() }
const codecs = new Map<string, { codec: MessageCodec<unknown>; min: number; max: number }>(
  Object.values(apis).flatMap((api) => [
    [`${api.name}Request`, { codec: api.request, min: api.minVersion, max: api.maxVersion }],
    [`${api.name}Response`, { codec: api.response, min: api.minVersion, max: api.maxVersion }],
  ]),
)
codecs.set('ConsumerProtocolSubscription', { codec: subscriptionCodec, min: 0, max: 3 })
codecs.set('ConsumerProtocolAssignment', { codec: assignmentCodec, min: 0, max: 3 })

beforeAll(
  async () => {
    buildJava()
    writeFileSync(join(folders.current, 'ours.bin'), writeChunks(ourBatches(seededRandom(seed))))
    const messages = [String(seed), String(casesPerVersion), ...codecs.keys()]
    await runJava('weft.MessageCases', [folders.current, ...messages], javaClassPath())
    await runJava('weft.MessageCases', [folders.older, ...messages], olderClassPath())
    const batches = [String(seed), String(batchesPerCompression)]
    await runJava('weft.BatchCases', [folders.current, ...batches], javaClassPath())
  },
  120_000 + casesPerVersion * 1000,
)

afterAll(() => {
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'weft-bytes-'))
}

describe.each(['current', 'older'] as const)('messages of the %s Java client', (age) => {
  test('come out of our decoders and encoders as they went in', () => {
    const wrong = new Map<string, string>()
    let checked = 0
    const names = new Set<string>()
    for (const one of casesOf(age)) {
      checked++
      names.add(`${one.name} ${one.version}`)
      const failure = failureOf(one)
      if (failure !== undefined) wrong.set(`${one.name} ${one.version}`, failure)
    }
    expect(Object.fromEntries(wrong)).toEqual({})
    expect(checked).toBeGreaterThan(casesPerVersion * 300)
    const known = [...codecs].flatMap(([name, { min, max }]) =>
      versionsOf(min, max).map((v) => `${name} ${v}`),
    )
    const missing = known.filter((name) => !names.has(name))
    expect(missing.filter((name) => !isOfOther(name, age))).toEqual([])
  })
})

/** What only the other of the two clients has. */
function isOfOther(name: string, age: 'current' | 'older'): boolean {
  const [message = '', version = ''] = name.split(' ')
  const ranges = rangesOf(age).get(message.replace(/(Request|Response)$/, ''))
  return ranges === undefined || Number(version) < ranges.min || Number(version) > ranges.max
}

describe('our tables', () => {
  test('reach from the oldest version of the older client to the newest stable one of the current', () => {
    const [current, older] = [rangesOf('current'), rangesOf('older')]
    const theirs = Object.values(apis).map((api) => {
      const [now, then] = [current.get(api.name), older.get(api.name)]
      return [api.name, api.key, Math.min(now?.min ?? 0, then?.min ?? 0), now?.max, now?.flexible]
    })
    const ours = Object.values(apis).map((api) => {
      const flexible = versionsOf(api.minVersion, api.maxVersion).find((version) => api.isFlexible(version))
      return [api.name, api.key, api.minVersion, api.maxVersion, flexible ?? -1]
    })
    expect(ours).toEqual(theirs)
  })

  test('have the errors of Java', () => {
    const theirs = factsOf('current', 'error').map(([code, name, retriable]) => [
      name,
      Number(code),
      retriable,
    ])
    const ours = Object.entries(kafkaErrors).map(([name, facts]) => [
      name,
      facts.code,
      String('retriable' in facts),
    ])
    expect(ours).toEqual(theirs)
  })

  test('hash keys as Java does', () => {
    const facts = factsOf('current', 'murmur2')
    expect(facts.length).toBe(200)
    for (const [hash, hex = ''] of facts)
      expect(murmur2(Buffer.from(hex.slice(1, -1), 'hex'))).toBe(Number(hash))
  })
})

describe('record batches', () => {
  test('written by Java say the same to us, in every compression', () => {
    const described = [...readChunks(read('current', 'java.bin'))].map(describeBatches)
    expect(described.length).toBe(5 * batchesPerCompression + 2)
    expect(described).toEqual(linesOf('java.txt'))
  })

  test('written by us say the same to Java, in every compression', () => {
    const described = [...readChunks(read('current', 'ours.bin'))].map(describeBatches)
    expect(described.length).toBe(5 * batchesPerCompression)
    expect(linesOf('ours.txt')).toEqual(described)
  })

  test('written by Java without compression are written by us to equal bytes', () => {
    const batches = [...readChunks(read('current', 'java.bin'))].slice(0, batchesPerCompression)
    for (const batch of batches) expect(rewritten(batch).equals(batch)).toBe(true)
  })

  test('that end transactions are those of Java, byte for byte', () => {
    const markers = [...readChunks(read('current', 'java.bin'))].slice(-2)
    const place = { baseOffset: 42, timestampMs: 1_700_000_000_000, leaderEpoch: 3 }
    const producer = { producerId: 9, producerEpoch: 2, coordinatorEpoch: 17 }
    const ours = (['commit', 'abort'] as const).map((kind) => controlBatch({ kind, ...place, ...producer }))
    expect(ours).toEqual(markers)
    const kinds = markers.map((marker) => [...batchesIn(marker)].map((header) => endMarkerOf(marker, header)))
    expect(kinds).toEqual([
      [{ kind: 'commit', coordinatorEpoch: 17 }],
      [{ kind: 'abort', coordinatorEpoch: 17 }],
    ])
  })
})

function read(age: 'current' | 'older', name: string): Buffer {
  return readFileSync(join(folders[age], name))
}

function linesOf(name: string): string[] {
  return read('current', name).toString().trimEnd().split('\n')
}

function factsOf(age: 'current' | 'older', kind: string): string[][] {
  const lines = read(age, 'facts.txt').toString().split('\n')
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' ').slice(1))
}

function rangesOf(age: 'current' | 'older'): Map<string, { min: number; max: number; flexible: number }> {
  const ranges = factsOf(age, 'api').map(([, name = '', min, max, flexible]) => {
    return [name, { min: Number(min), max: Number(max), flexible: Number(flexible) }] as const
  })
  return new Map(ranges)
}

function versionsOf(min: number, max: number): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}

/** The cases that our tables know; the newest, unstable version of an API is not among them. */
function* casesOf(age: 'current' | 'older'): Generator<MessageCase, void, undefined> {
  for (const one of readMessageCases(read(age, 'messages.bin'))) {
    const known = codecs.get(one.name)
    if (known !== undefined && one.version >= known.min && one.version <= known.max) yield one
  }
}

function failureOf({ name, version, plain, bytes }: MessageCase): string | undefined {
  const codec = codecs.get(name)?.codec
  if (codec === undefined) return 'not known'
  const writer = new ByteWriter()
  try {
    const message = plain ? {} : codec.decode(bytes, version)
    codec.encode(message, version, writer)
    if (writer.view().equals(bytes)) return undefined
    return `${plain ? 'defaults' : 'fields'}: ${bytes.toString('hex')} became ${writer.view().toString('hex')}`
  } catch (error) {
    return `${plain ? 'defaults' : 'fields'}: ${String(error)}`
  }
}

/** The text that the Java program writes of a batch. */
function describeBatches(bytes: Buffer): string {
  let text = ''
  const columns = new RecordColumns()
  for (const header of batchesIn(bytes)) {
    verifyBatch(bytes, header)
    const { baseOffset, lastOffset, leaderEpoch, compression, producerId, producerEpoch } = header
    const first = ['batch', baseOffset, lastOffset, leaderEpoch, compression, producerId, producerEpoch]
    const second = [header.baseSequence, header.maxTimestampMs, header.transactional, header.control]
    text += [...first, ...second].join(' ')
    columns.read(recordsOf(bytes, header))
    for (let i = 0; i < columns.count; i++) text += ` | ${describeRecord(columns, i)}`
  }
  return text
}

function describeRecord(columns: RecordColumns, i: number): string {
  const { keyStart, keyEnd, valueStart, valueEnd, buffer } = columns
  const slice = (start = 0, end = 0): string =>
    end === -1 ? 'null' : `x${buffer.toString('hex', start, end)}`
  const headers = (columns.headersOf(i) ?? []).map(
    ({ key, value }) =>
      `${Buffer.from(key).toString('hex')}=${value === null ? 'null' : `x${Buffer.from(value).toString('hex')}`}`,
  )
  const sides = [slice(keyStart[i], keyEnd[i]), slice(valueStart[i], valueEnd[i])]
  return [columns.offset[i], columns.timestampMs[i], ...sides, ...headers].join(' ')
}

/** Decodes a batch and writes it again with the same facts. */
function rewritten(bytes: Buffer): Buffer {
  const [header] = [...batchesIn(bytes)]
  if (header === undefined) throw new RangeError('no batch')
  const columns = new RecordColumns()
  // As they were created: the broker's own time is in the header only.
  columns.read({ ...recordsOf(bytes, header), logAppendTimeMs: undefined })
  const writer = new RecordBatchWriter()
  for (let i = 0; i < columns.count; i++) {
    writer.append({
      timestampMs: columns.timestampMs[i] ?? 0,
      key: columns.buffer,
      keyStart: columns.keyStart[i] ?? 0,
      keyEnd: columns.keyEnd[i] ?? 0,
      value: columns.buffer,
      valueStart: columns.valueStart[i] ?? 0,
      valueEnd: columns.valueEnd[i] ?? 0,
      headers: columns.headersOf(i),
    })
  }
  const batch = writer.finish(header)
  if (header.logAppendTime) stampLogAppendTime(batch, 0, header.maxTimestampMs)
  return batch
}

function ourBatches(random: Random): Buffer[] {
  return compressions.flatMap((compression) =>
    Array.from({ length: batchesPerCompression }, (_, i) => ourBatch(random, compression, i)),
  )
}

function ourBatch(random: Random, compression: Compression, index: number): Buffer {
  const writer = new RecordBatchWriter()
  const count = 1 + random.below(index % 10 === 9 ? 3_000 : 20)
  for (let i = 0; i < count; i++) writer.append(randomRecord(random))
  const idempotent = {
    producerId: random.below(2 ** 40),
    producerEpoch: 5,
    baseSequence: random.below(1_000),
  }
  const place = { baseOffset: random.below(2 ** 45), leaderEpoch: random.below(9) }
  const transactional = index % 3 === 1
  return writer.finish({ compression, ...place, ...(index % 3 === 0 ? {} : idempotent), transactional })
}

function randomRecord(random: Random): RecordSlices {
  const key = randomSlice(random, 30)
  const value = randomSlice(random, 400)
  const headers = Array.from({ length: random.below(3) }, () => ({
    key: `hä${random.below(9)}`,
    value: randomSlice(random, 20),
  }))
  return {
    timestampMs:
      1_700_000_000_000 + (random.below(4) === 0 ? random.below(2 ** 40) - 2 ** 39 : random.below(10_000)),
    key: key ?? Buffer.alloc(0),
    keyStart: 0,
    keyEnd: key === null ? -1 : key.length,
    value: value ?? Buffer.alloc(0),
    valueStart: 0,
    valueEnd: value === null ? -1 : value.length,
    headers: headers.length === 0 ? undefined : headers,
  }
}

function randomSlice(random: Random, below: number): Buffer | null {
  if (random.below(8) === 0) return null
  const noise = random.below(2) === 0
  return Buffer.from(
    Array.from({ length: random.below(below) }, (_, i) => (noise ? random.below(256) : 97 + (i % 3))),
  )
}
