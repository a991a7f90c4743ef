import { ByteWriter } from '../base/byte-writer.ts'
import { sleep, type Clock } from '../base/clock.ts'
import { addDetail, StreamError, toStreamError } from '../base/errors.ts'
import type { Headers } from '../base/headers.ts'
import type { AppendedRecord, Producer, ProducerOptions } from '../kafka/contracts.ts'
import { isRecordRefused, isTimeRefused } from '../kafka/refusals.ts'
import type { DataRecord } from './data-file.ts'
import { TimeRange } from './time-range.ts'

/** A producer for bulk loads: large batches, nothing lost, nothing twice. */
export const loadProducer: ProducerOptions = {
  lingerMs: 5,
  batchBytes: 262_144,
  bufferBytes: 33_554_432,
  maxRequestBytes: 1_048_576,
  compression: 'none',
  deliveryTimeoutMs: 120_000,
}

export interface ProduceOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Records per second; undefined: as fast as the cluster takes them. */
  readonly rate: number | undefined
  /** Stop after so many; undefined: all. */
  readonly count: number | undefined
  readonly onProgress: (sent: number) => void
  /** What is being sent, as messages name it: a file, or standard input; absent: they name the row only. */
  readonly source?: string
  /** The field that times were taken from, as messages name it. */
  readonly timeField?: string | undefined
  /** Writes a value that is not to go out as JSON text. */
  readonly encode?: EncodeRow | undefined
  /** Writes the key of a row that has one, where keys are not to go out as text. */
  readonly encodeKey?: EncodeRow | undefined
}

/** @returns what goes into the record's headers @throws StreamError for a row that cannot be written so */
export type EncodeRow = (json: string, writer: ByteWriter) => Headers | undefined

/** How often a paced load looks at the time. */
const paceEveryMs = 10

/**
 * Sends records to a topic and waits until all are acknowledged. Records without a time get the time of sending.
 *
 * @returns how many were sent
 * @throws StreamError for a row that cannot be encoded, with its place; those before it are sent
 */
export async function produceRecords(
  producer: Producer,
  topic: string,
  chunks: AsyncIterable<readonly DataRecord[]>,
  options: ProduceOptions,
): Promise<number> {
  await producer.partitionCount(topic)
  const times = new TimeRange()
  try {
    return await appendAll(producer, topic, chunks, { ...options, times })
  } catch (error) {
    const rows = isTimeRefused(error)
      ? times.describe(options.source ?? 'the rows', options.timeField)
      : undefined
    throw rows === undefined ? error : addDetail(toStreamError(error), rows)
  }
}

async function appendAll(
  producer: Producer,
  topic: string,
  chunks: AsyncIterable<readonly DataRecord[]>,
  options: ProduceOptions & { readonly times: TimeRange },
): Promise<number> {
  const pace = startPace(options)
  let sent = 0
  const append = recordAppender(producer, topic, options)
  for await (const chunk of chunks) {
    for (const record of chunk) {
      if (sent === options.count || options.signal.aborted) break
      if (producer.full) await producer.drained()
      await pace(sent)
      const failure = append(record)
      if (failure !== undefined) {
        await producer.flush()
        throw atRow(failure, sent, options.source)
      }
      sent++
      if (record.timestampMs !== undefined) options.times.add(record.timestampMs, sent)
    }
    options.onProgress(sent)
    if (sent === options.count || options.signal.aborted) break
  }
  await producer.flush()
  return sent
}

function recordAppender(
  producer: Producer,
  topic: string,
  { clock, encode, encodeKey }: ProduceOptions,
): (record: DataRecord) => StreamError | undefined {
  const key = new ByteWriter()
  const value = new ByteWriter()
  const appended: AppendedRecord = {
    partition: -1,
    timestampMs: 0,
    key: key.buffer,
    keyStart: 0,
    keyEnd: -1,
    value: value.buffer,
    valueStart: 0,
    valueEnd: 0,
    headers: undefined,
  }
  return (record) => {
    key.reset()
    value.reset()
    try {
      let headers: Headers | undefined
      if (record.key !== null) {
        if (encodeKey === undefined) key.writeUtf8(record.key)
        else headers = encodeKey(record.value, key)
      }
      if (encode === undefined) value.writeUtf8(record.value)
      else headers = joined(headers, encode(record.value, value))
      appended.headers = headers
    } catch (error) {
      if (error instanceof StreamError) return error
      throw error
    }
    appended.timestampMs = record.timestampMs ?? clock.nowMs()
    appended.key = key.buffer
    appended.keyEnd = record.key === null ? -1 : key.length
    appended.value = value.buffer
    appended.valueEnd = value.length
    return appendOrRefuse(producer, topic, appended)
  }
}

/** What is refused before it is sent is this record's fault; what brokers have refused, which has a cause, is one's before it. */
function appendOrRefuse(producer: Producer, topic: string, record: AppendedRecord): StreamError | undefined {
  try {
    producer.append(topic, record)
    return undefined
  } catch (error) {
    if (error instanceof StreamError && isRecordRefused(error) && error.cause === undefined) return error
    throw error
  }
}

function joined(one: Headers | undefined, other: Headers | undefined): Headers | undefined {
  return one === undefined || other === undefined ? (one ?? other) : [...one, ...other]
}

function atRow(error: StreamError, sent: number, source: string | undefined): StreamError {
  const place = `It is row ${sent + 1}${source === undefined ? '' : ` of ${source}`}; those before it were sent.`
  return addDetail(error, place)
}

/** Waits, where a rate is set, until record number `sent` is due. */
function startPace({ clock, signal, rate }: ProduceOptions): (sent: number) => Promise<void> | void {
  if (rate === undefined) return () => {}
  const startMs = clock.monotonicMs()
  let allowed = 0
  return async (sent) => {
    while (sent >= allowed && !signal.aborted) {
      allowed = Math.ceil(((clock.monotonicMs() - startMs) / 1000) * rate)
      if (sent >= allowed) await sleep(clock, paceEveryMs, signal)
    }
  }
}
