import { InvalidArgumentError, type Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import type { Kafka } from '../../kafka/contracts.ts'
import type { RecordStage } from '../../runtime/options.ts'
import { letterId, readDeadLetters, type DeadLetter, type LetterChoice } from '../../workload/dead-letters.ts'
import { redriveDeadLetters } from '../../workload/redrive-letters.ts'
import { openCluster, producerFor } from '../cluster.ts'
import { warnings } from '../logger.ts'
import { oneOf, positiveWholeNumber, withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { LeftLetters } from '../render/left-letters.ts'
import { formatCount } from '../render/progress.ts'
import { stopSignal } from '../signals.ts'

interface ChoiceOptions extends ClusterOptions {
  readonly stage?: RecordStage
  readonly code?: string
  readonly source?: string
}

interface SomeOptions extends ChoiceOptions {
  readonly count?: number
  readonly letter?: readonly string[]
}

export function addDlqCommand(program: Command, output: Output): void {
  const dlq = program.command('dlq').description('see dead letters, and send them back')
  withChoice(dlq.command('list').description('count dead letters by what went wrong')).action(
    (topic: string, options: ChoiceOptions) => list(topic, options, output),
  )
  withLetters(dlq.command('show').description('print dead letters, with what went wrong'))
    .option('--count <n>', 'so many at most', positiveWholeNumber, 10)
    .action((topic: string, options: SomeOptions) => show(topic, options, output))
  withLetters(
    dlq.command('redrive').description('send dead letters back to the topics that they came from, each once'),
  )
    .option('--count <n>', 'so many at most', positiveWholeNumber)
    .action((topic: string, options: SomeOptions) => redrive(topic, options, output))
}

function withChoice(command: Command): Command {
  return withBootstrap(command.argument('<topic>', 'the topic of the dead letters'))
    .option(
      '--stage <stage>',
      'only what went wrong there: decode, function, encode or produce',
      oneOf<RecordStage>('decode', 'function', 'encode', 'produce'),
    )
    .option('--code <code>', 'only this error')
    .option('--source <topic>', 'only records of this topic')
}

function withLetters(command: Command): Command {
  return withChoice(command).option(
    '--letter <partition:offset>',
    'only this one, as show names it; for several, give it several times',
    letterIds,
  )
}

/** One more behind those that were given before. */
function letterIds(text: string, before: readonly string[] = []): readonly string[] {
  const [, partition, offset] = /^(\d+):(\d+)$/.exec(text.trim()) ?? []
  if (partition === undefined || offset === undefined)
    throw new InvalidArgumentError('It takes a partition and an offset of the topic, such as 0:12.')
  return [...before, letterId({ partition: Number(partition), offset: Number(offset) })]
}

function choiceOf({ letter, ...options }: SomeOptions): LetterChoice {
  return letter === undefined ? options : { ...options, letters: letter }
}

interface Outcome<T> {
  readonly result: T
  /** A signal came before all was done. */
  readonly interrupted: boolean
}

/** Works with the cluster until it is done or a signal comes; signals mean what they did before, however it ends. */
async function withCluster<T>(
  options: ClusterOptions,
  output: Output,
  work: (kafka: Kafka, signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  await using cluster = openCluster(options, warnings(output))
  await cluster.kafka.connect()
  const { signal, release } = stopSignal()
  try {
    const result = await work(cluster.kafka, signal)
    return { result, interrupted: signal.aborted }
  } finally {
    release()
  }
}

function sayInterrupted({ interrupted }: Outcome<unknown>, output: Output, what: string): void {
  if (!interrupted) return
  output.note(`interrupted: ${what}`)
  process.exitCode = exitCode.failed
}

interface Reading {
  readonly output: Output
  /** Gives false when it wants no more. */
  readonly onLetter: (letter: DeadLetter) => boolean
}

function readLetters(topic: string, options: SomeOptions, { output, onLetter }: Reading) {
  return withCluster(options, output, (kafka, signal) =>
    readDeadLetters(kafka, topic, { choice: choiceOf(options), signal, onLetter }),
  )
}

async function list(topic: string, options: ChoiceOptions, output: Output): Promise<void> {
  const groups = new Map<string, { count: number; firstMs: number; lastMs: number }>()
  let count = 0
  const onLetter = ({ topic: source, stage, errorCode, errorMessage, timestampMs }: DeadLetter): true => {
    const name = `${stage}\t${errorCode}\t${source}\t${errorMessage}`
    const group = groups.get(name) ?? { count: 0, firstMs: timestampMs, lastMs: timestampMs }
    group.count++
    group.firstMs = Math.min(group.firstMs, timestampMs)
    group.lastMs = Math.max(group.lastMs, timestampMs)
    groups.set(name, group)
    count++
    return true
  }
  const outcome = await readLetters(topic, options, { output, onLetter })
  const { sentBack, foreign } = outcome.result
  for (const [name, group] of [...groups].sort(([, a], [, b]) => b.count - a.count))
    output.line(`${group.count}\t${name}\t${timeText(group.firstMs)} to ${timeText(group.lastMs)}`)
  const others = foreign === 0 ? '' : `, no dead letters ${formatCount(foreign)}`
  output.note(`dead letters ${formatCount(count)}, sent back before ${formatCount(sentBack)}${others}`)
  sayInterrupted(outcome, output, 'there may be more')
}

async function show(topic: string, options: SomeOptions, output: Output): Promise<void> {
  let count = 0
  const onLetter = (letter: DeadLetter): boolean => {
    output.line(letterText(letter))
    return ++count !== options.count
  }
  const outcome = await readLetters(topic, options, { output, onLetter })
  sayInterrupted(outcome, output, 'there may be more')
}

async function redrive(topic: string, options: SomeOptions, output: Output): Promise<void> {
  const { count } = options
  const sent = new Map<string, number>()
  const left = new LeftLetters(output)
  let outcome: Outcome<void>
  try {
    outcome = await withCluster(options, output, (kafka, signal) =>
      redriveDeadLetters(kafka, topic, {
        choice: choiceOf(options),
        signal,
        producer: producerFor(options),
        clock: systemClock,
        ...(count === undefined ? {} : { count }),
        onSent: (source, more) => sent.set(source, (sent.get(source) ?? 0) + more),
        onLeft: (letter, reason) => left.add(letter, reason),
      }),
    )
  } finally {
    // What has gone back has gone, whatever went wrong behind it.
    for (const [source, total] of sent) output.line(`sent ${formatCount(total)} back to ${source}`)
    left.finish()
  }
  if (left.count > 0) process.exitCode = exitCode.failed
  else if (sent.size === 0 && !outcome.interrupted) output.line('there is nothing to send back')
  sayInterrupted(outcome, output, 'there may be more to send back; each goes once when this is repeated')
}

function letterText({ letter, key, value, headers, ...facts }: DeadLetter): string {
  const texts = headers.map(({ key, value }) => `  header ${key}: ${text(value)}`)
  return [
    `letter ${letterId(letter)}: ${facts.stage} ${facts.errorCode}: ${facts.errorMessage}`,
    `  from ${facts.topic}-${facts.partition} at ${facts.offset}, ${timeText(facts.timestampMs)}, application ${facts.application}`,
    ...texts,
    `  key ${text(key)}`,
    `  value ${text(value)}`,
  ].join('\n')
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : JSON.stringify(Buffer.from(bytes).toString('utf8'))
}

function timeText(ms: number): string {
  return Number.isFinite(new Date(ms).getTime()) ? new Date(ms).toISOString() : String(ms)
}
