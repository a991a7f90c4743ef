/**
 * Dead letters: what is in their topic.
 *
 * A letter that was sent back leaves a mark in the dead-letter topic, a record whose only header says which letter; both are written
 * in one transaction. Letters stay until the topic's retention takes them.
 */
import type { Header, Headers } from '../base/headers.ts'
import { readDeadLetter, recordHeaders, type DeadLetterFacts } from '../data/dead-letter.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { readTopic, type RawRecord } from './consume-topic.ts'

export interface DeadLetter extends DeadLetterFacts {
  /** Where the letter itself is. */
  readonly letter: { readonly partition: number; readonly offset: number }
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Those of the record that went wrong. */
  readonly headers: Headers
}

/** Which letters; what is absent fits all. */
export interface LetterChoice {
  readonly stage?: string
  readonly code?: string
  /** The topic of the record that went wrong. */
  readonly source?: string
  /** What {@link letterId} says of them. */
  readonly letters?: readonly string[]
}

export interface ReadLettersOptions {
  readonly choice: LetterChoice
  readonly signal: AbortSignal
  /** Gives what the next record has to wait for; the reading stands still meanwhile. */
  readonly ready?: () => Promise<void> | undefined
  /** Bytes are views that hold until it returns. Gives false when it wants no more. */
  readonly onLetter: (letter: DeadLetter) => boolean
}

const sentBackHeader = 'weft.redriven'

/**
 * Reads the letters that are there and were not sent back, partition by partition in their order.
 *
 * @returns how many were sent back before, and how many records of the topic are no dead letters
 * @throws StreamError `TOPIC_MISSING`
 */
export async function readDeadLetters(
  kafka: Kafka,
  topic: string,
  { choice, signal, onLetter, ready }: ReadLettersOptions,
): Promise<{ readonly sentBack: number; readonly foreign: number }> {
  const sentBack = await lettersSentBack(kafka, topic, signal)
  let foreign = 0
  await readTopic(kafka, topic, {
    from: 'earliest',
    until: 'end',
    isolation: 'read_committed',
    signal,
    ...(ready === undefined ? {} : { ready }),
    onRecord: (record) => {
      const facts = readDeadLetter(record.headers)
      if (facts === undefined) foreign += markOf(record.headers) === undefined ? 1 : 0
      else if (!sentBack.has(letterId(record))) {
        const letter = letterOf(record, facts)
        return !fits(letter, choice) || onLetter(letter)
      }
      return true
    },
  })
  return { sentBack: sentBack.size, foreign }
}

/** The header of the record that says that a letter was sent back. */
export function sentBackMark({ letter }: DeadLetter): Header {
  return { key: sentBackHeader, value: Buffer.from(letterId(letter), 'latin1') }
}

/** What a letter is called: its partition and offset in the dead-letter topic. */
export function letterId({ partition, offset }: DeadLetter['letter']): string {
  return `${partition}:${offset}`
}

function letterOf({ partition, offset, key, value, headers }: RawRecord, facts: DeadLetterFacts): DeadLetter {
  return { ...facts, letter: { partition, offset }, key, value, headers: recordHeaders(headers) }
}

function fits(letter: DeadLetter, { stage, code, source, letters }: LetterChoice): boolean {
  if (letters !== undefined && !letters.includes(letterId(letter.letter))) return false
  if (stage !== undefined && letter.stage !== stage) return false
  if (code !== undefined && letter.errorCode !== code) return false
  return source === undefined || letter.topic === source
}

async function lettersSentBack(kafka: Kafka, topic: string, signal: AbortSignal): Promise<Set<string>> {
  const letters = new Set<string>()
  await readTopic(kafka, topic, {
    from: 'earliest',
    until: 'end',
    isolation: 'read_committed',
    signal,
    onRecord: ({ headers }) => {
      const mark = markOf(headers)
      if (mark !== undefined) letters.add(mark)
      return true
    },
  })
  return letters
}

function markOf(headers: Headers | undefined): string | undefined {
  const mark = headers?.find(({ key }) => key === sentBackHeader)?.value
  return mark === undefined || mark === null ? undefined : Buffer.from(mark).toString('latin1')
}
