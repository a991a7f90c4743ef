/**
 * What a dead letter says of the record that it holds: headers behind the record's own. The key and the value of a dead letter are
 * the record's bytes as they came.
 */
import type { Header, Headers } from '../base/headers.ts'

export interface DeadLetterFacts {
  readonly application: string
  /** Where the record was. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  /** What was tried: decode, function, encode or produce. */
  readonly stage: string
  readonly errorCode: string
  readonly errorMessage: string
}

const names: Readonly<Record<keyof DeadLetterFacts, string>> = {
  application: 'weft.application',
  topic: 'weft.topic',
  partition: 'weft.partition',
  offset: 'weft.offset',
  timestampMs: 'weft.timestamp',
  stage: 'weft.stage',
  errorCode: 'weft.error.code',
  errorMessage: 'weft.error.message',
}
const fields = Object.keys(names) as (keyof DeadLetterFacts)[]
const own: ReadonlySet<string> = new Set(Object.values(names))

/** The record's own headers, then the facts. A record that was a dead letter before keeps only its newest facts. */
export function deadLetterHeaders(headers: Headers | undefined, facts: DeadLetterFacts): Headers {
  return [
    ...recordHeaders(headers),
    ...fields.map((field): Header => ({
      key: names[field],
      value: Buffer.from(String(facts[field]), 'utf8'),
    })),
  ]
}

/** The headers that the record had before it became a dead letter. */
export function recordHeaders(headers: Headers | undefined): Headers {
  return (headers ?? []).filter(({ key }) => !own.has(key))
}

/** @returns undefined where the headers are not those of a dead letter */
export function readDeadLetter(headers: Headers | undefined): DeadLetterFacts | undefined {
  const texts = new Map(headers?.map(({ key, value }) => [key, Buffer.from(value ?? []).toString('utf8')]))
  const found = Object.fromEntries(fields.map((field) => [field, texts.get(names[field])]))
  const { application, topic, stage, errorCode = '', errorMessage = '' } = found
  if (application === undefined || topic === undefined || stage === undefined) return undefined
  const [partition, offset] = [Number(found['partition']), Number(found['offset'])]
  const timestampMs = Number(found['timestampMs'])
  if (!isCount(partition) || !isCount(offset) || !Number.isSafeInteger(timestampMs)) return undefined
  return { application, topic, partition, offset, timestampMs, stage, errorCode, errorMessage }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
