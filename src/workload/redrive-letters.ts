/**
 * How dead letters go back to where they came from.
 *
 * A letter and its mark are written in one transaction: it goes back once, however often this is interrupted and repeated. One reading
 * of the topic finds the marks, a second the letters, which are sent as they come; marks that are written meanwhile lie behind the end
 * of that reading. A letter that cannot be written is left as it is, and the others go.
 */
import type { Clock } from '../base/clock.ts'
import { StreamError, toStreamError } from '../base/errors.ts'
import { ownHeaders } from '../base/headers.ts'
import type { Kafka, Producer, ProducerOptions } from '../kafka/contracts.ts'
import { isRecordRefused } from '../kafka/refusals.ts'
import { readDeadLetters, sentBackMark, type DeadLetter, type ReadLettersOptions } from './dead-letters.ts'
import { loadProducer } from './produce-records.ts'

export interface RedriveOptions extends Pick<ReadLettersOptions, 'choice' | 'signal'> {
  readonly clock: Clock
  /** How records are written, where not as in a load. */
  readonly producer?: Partial<ProducerOptions>
  /** So many at most; absent: all. */
  readonly count?: number
  /** So many more went back to a topic, for good. */
  readonly onSent: (source: string, count: number) => void
  /** It cannot be written where it came from, and stays. */
  readonly onLeft: (letter: DeadLetter, reason: StreamError) => void
}

/** Letters in one transaction, and in memory; and after so many bytes no more are taken. */
const passLetters = 5000
const passBytes = 33_554_432
const transactionTimeoutMs = 60_000
const nothing = Buffer.alloc(0)
const noGroup = { groupId: '', generation: -1, memberId: '', instanceId: undefined }

/**
 * Sends letters back to the topics and partitions that they came from, as the records that they were. Whoever else does the same
 * with this topic at the same time is fenced.
 *
 * @throws StreamError `TOPIC_MISSING`, `PRODUCER_FENCED`, `NOT_AUTHORIZED`, …
 */
export async function redriveDeadLetters(
  kafka: Kafka,
  topic: string,
  options: RedriveOptions,
): Promise<void> {
  const transactional = { id: `weft-dlq-${topic}`, timeoutMs: transactionTimeoutMs }
  const producer = kafka.producer({ ...loadProducer, ...options.producer, transactional })
  const redrive = new Redrive(producer, topic, options)
  const { choice, signal } = options
  try {
    // First: it ends the transaction of a redrive that was cut off, so that its marks are there to be read, or never will be.
    await producer.init()
    await producer.partitionCount(topic)
    const ready = (): Promise<void> | undefined => (redrive.full ? redrive.sendTaken() : undefined)
    await readDeadLetters(kafka, topic, { choice, signal, ready, onLetter: (letter) => redrive.take(letter) })
    await redrive.sendTaken()
  } catch (thrown) {
    const error = toStreamError(thrown)
    throw error.code === 'PRODUCER_FENCED' ? takenOver(topic, redrive.sent) : error
  } finally {
    await producer.close()
  }
}

class Redrive {
  readonly #producer: Producer
  readonly #topic: string
  readonly #options: RedriveOptions
  /** By topic: how many partitions it has, or why nothing can be written to it. */
  readonly #targets = new Map<string, number | StreamError>()
  #taken: DeadLetter[] = []
  #takenBytes = 0
  /** How many went back, for good. */
  sent = 0

  constructor(producer: Producer, topic: string, options: RedriveOptions) {
    this.#producer = producer
    this.#topic = topic
    this.#options = options
  }

  /** Whether what was taken is to be sent before more is. */
  get full(): boolean {
    const { length } = this.#taken
    return length >= passLetters || this.#takenBytes >= passBytes || (length > 0 && length >= this.#wanted)
  }

  get #wanted(): number {
    return (this.#options.count ?? Infinity) - this.sent
  }

  /** @returns whether more are wanted */
  take(letter: DeadLetter): boolean {
    if (this.#wanted === 0) return false
    const key = letter.key && Buffer.from(letter.key)
    const value = letter.value && Buffer.from(letter.value)
    this.#taken.push({ ...letter, key, value, headers: ownHeaders(letter.headers) ?? [] })
    this.#takenBytes += (key?.length ?? 0) + (value?.length ?? 0)
    return true
  }

  async sendTaken(): Promise<void> {
    const letters = this.#taken
    this.#taken = []
    this.#takenBytes = 0
    await this.#send(letters)
  }

  /** In one transaction; where the brokers refuse a letter that they do not name, its halves in one each. */
  async #send(letters: readonly DeadLetter[]): Promise<void> {
    try {
      await this.#sendTogether(letters)
    } catch (thrown) {
      const reason = refusalOf(toStreamError(thrown))
      const [first] = letters
      if (reason === undefined || first === undefined) throw thrown
      await this.#producer.abort()
      if (letters.length === 1) return this.#options.onLeft(first, reason)
      const half = Math.ceil(letters.length / 2)
      await this.#send(letters.slice(0, half))
      await this.#send(letters.slice(half))
    }
  }

  async #sendTogether(letters: readonly DeadLetter[]): Promise<void> {
    const left: [DeadLetter, StreamError][] = []
    const sent = new Map<string, number>()
    for (const letter of letters) {
      const reason = await this.#append(letter)
      if (reason === undefined) sent.set(letter.topic, (sent.get(letter.topic) ?? 0) + 1)
      else left.push([letter, reason])
    }
    await this.#producer.commit([], noGroup)
    for (const [letter, reason] of left) this.#options.onLeft(letter, reason)
    for (const [source, count] of sent) {
      this.sent += count
      this.#options.onSent(source, count)
    }
  }

  /**
   * A partition that is not there any more leaves the choice to the record's key.
   *
   * @returns why it cannot be written
   */
  async #append(letter: DeadLetter): Promise<StreamError | undefined> {
    const target = await this.#targetOf(letter)
    if (target instanceof StreamError) return target
    if (this.#producer.full) await this.#producer.drained()
    try {
      this.#producer.append(letter.topic, {
        partition: letter.partition < target ? letter.partition : -1,
        timestampMs: letter.timestampMs,
        ...content(letter.key, letter.value),
        headers: letter.headers,
      })
    } catch (thrown) {
      const error = toStreamError(thrown)
      // What failed before is thrown here, too: the end of the transaction throws it again.
      if (isRecordRefused(error)) return error
      throw error
    }
    this.#producer.append(this.#topic, {
      partition: letter.letter.partition,
      timestampMs: this.#options.clock.nowMs(),
      ...content(null, null),
      headers: [sentBackMark(letter)],
    })
    return undefined
  }

  async #targetOf(letter: DeadLetter): Promise<number | StreamError> {
    const known = this.#targets.get(letter.topic)
    if (known !== undefined) return known
    const target = await this.#producer.partitionCount(letter.topic).catch((thrown: unknown) => {
      const error = toStreamError(thrown)
      if (error.domain !== 'user') throw error
      return error.code === 'TOPIC_MISSING' && isRepartition(letter) ? repartitionMissing(letter) : error
    })
    this.#targets.set(letter.topic, target)
    return target
  }
}

function takenOver(topic: string, sent: number): StreamError {
  return new StreamError('PRODUCER_FENCED', `another redrive of "${topic}" has taken over`, {
    detail: `This one has sent ${sent} back.`,
    hint: 'Run it again when the other has ended: it sends what is left, each letter once.',
  })
}

/** What a broker has against a letter; undefined where it is something else that went wrong. */
function refusalOf(error: StreamError): StreamError | undefined {
  const reason =
    error.code === 'TRANSACTION_ABORTABLE' && error.cause instanceof StreamError ? error.cause : error
  return isRecordRefused(reason) || reason.code === 'KAFKA_FATAL' ? reason : undefined
}

/** By its name, around which a pattern for names may have put something. */
function isRepartition({ topic, application }: DeadLetter): boolean {
  return topic.includes(`${application}-`) && topic.includes('-repartition')
}

function repartitionMissing({ topic, application }: DeadLetter): StreamError {
  return new StreamError('TOPIC_MISSING', `topic "${topic}" does not exist any more`, {
    detail: `It was internal to application "${application}".`,
    hint: 'Leave these letters: after "weft reset" the application makes their records anew from its inputs.',
  })
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
