/**
 * Dead letters: what is in their topic, and how they go back to where they came from.
 *
 * A letter that was sent back leaves a mark in the dead-letter topic, a record whose only header says which letter; both are written
 * in one transaction. So a letter goes back once, however often the command is interrupted and repeated, and choosing some of them
 * leaves the others as they are. Letters stay until the topic's retention takes them.
 */
import type { Clock } from '../base/clock.ts'
import { ownHeaders, type Headers } from '../base/headers.ts'
import { readDeadLetter, recordHeaders, type DeadLetterFacts } from '../data/dead-letter.ts'
import type { Kafka, Producer } from '../kafka/contracts.ts'
import { readTopic } from './consume-topic.ts'
import { loadProducer } from './produce-records.ts'

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
  readonly count?: number
}

export interface ReadLettersOptions {
  readonly choice: LetterChoice
  readonly signal: AbortSignal
  /** Bytes are views that hold until it returns. */
  readonly onLetter: (letter: DeadLetter) => void
}

export interface RedriveOptions extends Pick<ReadLettersOptions, 'choice' | 'signal'> {
  readonly clock: Clock
}

const sentBackHeader = 'weft.redriven'
/** Letters in one transaction, and in memory. */
const passLetters = 5000
const transactionTimeoutMs = 60_000
const nothing = Buffer.alloc(0)

/**
 * Reads the letters that are there and were not sent back, partition by partition in their order.
 *
 * @returns how many were sent back before, and how many records of the topic are no dead letters
 * @throws StreamError `TOPIC_MISSING`
 */
export async function readDeadLetters(
  kafka: Kafka,
  topic: string,
  { choice, signal, onLetter }: ReadLettersOptions,
): Promise<{ readonly sentBack: number; readonly foreign: number }> {
  const sentBack = await lettersSentBack(kafka, topic, signal)
  let foreign = 0
  let count = 0
  await readTopic(kafka, topic, {
    from: 'earliest',
    until: 'end',
    isolation: 'read_committed',
    signal,
    onRecord: ({ partition, offset, key, value, headers }) => {
      const facts = readDeadLetter(headers)
      if (facts === undefined) foreign += markOf(headers) === undefined ? 1 : 0
      else if (!sentBack.has(idOf({ partition, offset })) && fits(facts, choice)) {
        onLetter({ ...facts, letter: { partition, offset }, key, value, headers: recordHeaders(headers) })
        count++
      }
      return count !== choice.count
    },
  })
  return { sentBack: sentBack.size, foreign }
}

/**
 * Sends letters back to the topics and partitions that they came from, as the records that they were. Whoever else does the same
 * with this topic at the same time is fenced.
 *
 * @returns how many went where
 * @throws StreamError `TOPIC_MISSING`, `PRODUCER_FENCED`, `NOT_AUTHORIZED`, …
 */
export async function redriveDeadLetters(
  kafka: Kafka,
  topic: string,
  { choice, signal, clock }: RedriveOptions,
): Promise<ReadonlyMap<string, number>> {
  const transactional = { id: `weft-dlq-${topic}`, timeoutMs: transactionTimeoutMs }
  const producer = kafka.producer({ ...loadProducer, transactional })
  const sent = new Map<string, number>()
  try {
    // First: it ends the transaction of a redrive that was cut off, so that its marks are there to be read, or never will be.
    await producer.init()
    await producer.partitionCount(topic)
    for (let left = choice.count ?? Infinity; left > 0 && !signal.aborted;) {
      const count = Math.min(left, passLetters)
      const letters = await pendingLetters(kafka, topic, { choice: { ...choice, count }, signal })
      if (letters.length === 0) break
      await sendBack(producer, topic, { letters, nowMs: clock.nowMs(), sent })
      left -= letters.length
    }
    return sent
  } finally {
    await producer.close()
  }
}

/** With bytes of their own. */
async function pendingLetters(
  kafka: Kafka,
  topic: string,
  { choice, signal }: Pick<RedriveOptions, 'choice' | 'signal'>,
): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = []
  await readDeadLetters(kafka, topic, {
    choice,
    signal,
    onLetter: (letter) =>
      letters.push({
        ...letter,
        key: letter.key && Buffer.from(letter.key),
        value: letter.value && Buffer.from(letter.value),
        headers: ownHeaders(letter.headers) ?? [],
      }),
  })
  return letters
}

/** In one transaction. A partition that is not there any more leaves the choice to the record's key. */
async function sendBack(
  producer: Producer,
  topic: string,
  { letters, nowMs, sent }: { letters: readonly DeadLetter[]; nowMs: number; sent: Map<string, number> },
): Promise<void> {
  for (const letter of letters) {
    const count = await producer.partitionCount(letter.topic)
    if (producer.full) await producer.drained()
    producer.append(letter.topic, {
      partition: letter.partition < count ? letter.partition : -1,
      timestampMs: letter.timestampMs,
      ...content(letter.key, letter.value),
      headers: letter.headers,
    })
    producer.append(topic, {
      partition: letter.letter.partition,
      timestampMs: nowMs,
      ...content(null, null),
      headers: [{ key: sentBackHeader, value: Buffer.from(idOf(letter.letter), 'latin1') }],
    })
  }
  await producer.commit([], noGroup)
  for (const { topic: source } of letters) sent.set(source, (sent.get(source) ?? 0) + 1)
}

const noGroup = { groupId: '', generation: -1, memberId: '', instanceId: undefined }

function fits(letter: DeadLetterFacts, { stage, code, source }: LetterChoice): boolean {
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

function idOf({ partition, offset }: DeadLetter['letter']): string {
  return `${partition}:${offset}`
}

function content(key: Buffer | null, value: Buffer | null) {
  return {
    key: key ?? nothing,
    keyStart: 0,
    keyEnd: key === null ? -1 : key.length,
    value: value ?? nothing,
    valueStart: 0,
    valueEnd: value === null ? -1 : value.length,
  }
}
