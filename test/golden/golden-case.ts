/**
 * A golden case: a folder with a definition, input records in order over all topics, and what must come out.
 *
 * `definition.yaml` begins with a head of comments: `# golden:` says in a sentence what the case holds; `# compare: last` that only the
 * last value of each key is compared (where the order is free, or updates are merged), else all records of each key in order;
 * `# optimization: all` that the topology is rewritten;
 * `# runs:` names the runs that can be promised, where that is not all of them, and says why; `# quick:` those that an ordinary test run has,
 * where all would take long; `# policies: decode skip` says what happens to records that go wrong.
 *
 * A line of `input.jsonl` is `{topic, key, value, timestamp?, partition?}`, or `{"pause": true}`: everything before it has been processed
 * before anything after it is sent. A key or value is text as it is, null, an object or array that becomes JSON, or `{"$long": 5}` and
 * its like for binary forms. `expected.jsonl` is alike; a timestamp is compared where one is given.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderDiagnostic } from '../../src/language/diagnostic.ts'
import { loadDefinition } from '../../src/language/load.ts'
import type { RecordPolicy } from '../../src/runtime/options.ts'
import type { Topology } from '../../src/topology/topology.ts'

const runNames = ['whole', 'split', 'at least once', 'stopped', 'stopped at least once', 'crashed'] as const
export type RunName = (typeof runNames)[number]

export interface CaseRecord {
  readonly topic: string
  readonly key: unknown
  readonly value: unknown
  readonly timestamp?: number
  readonly partition?: number
}

export interface GoldenCase {
  readonly name: string
  /** What the case holds, as a sentence. */
  readonly about: string
  readonly compare: 'all' | 'last'
  readonly runs: readonly RunName[]
  /** Of them, those of an ordinary test run. */
  readonly quickRuns: readonly RunName[]
  readonly policies: Readonly<Record<string, RecordPolicy>>
  readonly topologies: readonly Topology[]
  /** Between two of them is a pause. */
  readonly input: readonly (readonly CaseRecord[])[]
  readonly expected: readonly CaseRecord[]
}

const firstMs = 1_700_000_000_000

export async function readCase(folder: string, name: string): Promise<GoldenCase> {
  const path = join(folder, name, 'definition.yaml')
  const text = readFileSync(path, 'utf8')
  const catalog = { values: () => Promise.resolve(undefined) }
  const rewritten = headOf(text, 'optimization') === 'all'
  const optimization = { mergeRepartitions: rewritten, selfJoins: rewritten }
  const options = { environment: {}, catalog, namespace: 'golden', optimization }
  const { topologies, diagnostics } = await loadDefinition({ path, text }, options)
  if (diagnostics.length > 0)
    throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text)).join('\n'))
  return {
    name,
    about: headOf(text, 'golden') ?? '',
    compare: headOf(text, 'compare')?.startsWith('last') === true ? 'last' : 'all',
    runs: runsIn(headOf(text, 'runs')),
    quickRuns: runsIn(headOf(text, 'quick') ?? headOf(text, 'runs')),
    policies: policiesIn(headOf(text, 'policies')),
    topologies,
    input: readInput(join(folder, name, 'input.jsonl')),
    expected: readLines(join(folder, name, 'expected.jsonl')) as unknown as CaseRecord[],
  }
}

function headOf(text: string, word: string): string | undefined {
  return new RegExp(`^# ${word}: +(.+)$`, 'm').exec(text)?.[1]
}

/** `whole, split (why not the others)`. */
function runsIn(head: string | undefined): readonly RunName[] {
  const named = head?.replace(/ *\(.*/, '').split(/, */)
  if (named === undefined) return runNames
  return named.map((name) => {
    const known = runNames.find((run) => run === name)
    if (known === undefined) throw new Error(`there is no run "${name}"; runs are ${runNames.join(', ')}`)
    return known
  })
}

/** `decode skip, function dead_letter`. */
function policiesIn(head: string | undefined): Readonly<Record<string, RecordPolicy>> {
  return Object.fromEntries(head?.split(/, */).map((pair) => pair.split(' ') as [string, RecordPolicy]) ?? [])
}

function readLines(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

function readInput(path: string): readonly (readonly CaseRecord[])[] {
  const parts: CaseRecord[][] = [[]]
  for (const [index, line] of readLines(path).entries())
    if (line['pause'] === true) parts.push([])
    else parts.at(-1)?.push({ timestamp: firstMs + index * 1000, ...line } as unknown as CaseRecord)
  return parts
}

type Side = 'key' | 'value'
/** How a side of a topic is written in the files. */
type Form = 'text' | 'json' | `$${string}`

const writers: Readonly<Record<string, (value: never) => Buffer>> = {
  $long: (value: number | string) => withBytes(8, (bytes) => bytes.writeBigInt64BE(BigInt(value))),
  $int: (value: number) => withBytes(4, (bytes) => bytes.writeInt32BE(value)),
  $short: (value: number) => withBytes(2, (bytes) => bytes.writeInt16BE(value)),
  $double: (value: number) => withBytes(8, (bytes) => bytes.writeDoubleBE(value)),
  $float: (value: number) => withBytes(4, (bytes) => bytes.writeFloatBE(value)),
  $boolean: (value: boolean) => Buffer.from([value ? 1 : 0]),
  $hex: (value: string) => Buffer.from(value, 'hex'),
}

const readers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  $long: (bytes) => String(bytes.readBigInt64BE()),
  $int: (bytes) => bytes.readInt32BE(),
  $short: (bytes) => bytes.readInt16BE(),
  $double: (bytes) => bytes.readDoubleBE(),
  $float: (bytes) => bytes.readFloatBE(),
  $boolean: (bytes) => bytes.readUInt8() === 1,
  $hex: (bytes) => bytes.toString('hex'),
}

function withBytes(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  write(bytes)
  return bytes
}

/** A key or value as its topic has it. */
export function bytesOf(value: unknown): Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return Buffer.from(value)
  const form = formOf(value)
  const write = writers[form]
  if (write === undefined) return Buffer.from(JSON.stringify(value))
  return write((value as Record<string, never>)[form] as never)
}

function formOf(value: unknown): Form {
  if (typeof value !== 'object' || value === null) return 'text'
  const [only, second] = Object.keys(value)
  return only?.startsWith('$') === true && second === undefined ? (only as Form) : 'json'
}

/** A record that came out. */
export interface OutputRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
}

/** Writes records of one topic as lines, so that what came out and what was expected can be compared and read. */
export class TopicLines {
  readonly #form: Readonly<Record<Side, Form>>
  readonly #timed: boolean

  /** @param expected - the records that tell how the topic's keys and values are written */
  constructor(expected: readonly CaseRecord[]) {
    const form = (side: Side): Form => formOf(expected.find((record) => record[side] !== null)?.[side])
    this.#form = { key: form('key'), value: form('value') }
    this.#timed = expected.some(({ timestamp }) => timestamp !== undefined)
  }

  ofExpected({ key, value, timestamp }: CaseRecord): Line {
    return this.ofOutput({ key: bytesOf(key), value: bytesOf(value), timestampMs: timestamp ?? 0 })
  }

  ofOutput({ key, value, timestampMs }: OutputRecord): Line {
    const shownKey = show(key, this.#form.key)
    const time = this.#timed ? ` at ${timestampMs}` : ''
    return {
      key: shownKey,
      text: `${shownKey} = ${show(value, this.#form.value)}${time}`,
      keyed: key !== null,
    }
  }
}

export interface Line {
  readonly key: string
  readonly text: string
  readonly keyed: boolean
}

function show(bytes: Buffer | null, form: Form): string {
  if (bytes === null) return 'null'
  if (form === 'text') return JSON.stringify(bytes.toString())
  try {
    if (form === 'json') return JSON.stringify(sorted(JSON.parse(bytes.toString())))
    return `${form.slice(1)} ${String(readers[form]?.(bytes))}`
  } catch {
    return `${form}? ${JSON.stringify(bytes.toString('latin1'))}`
  }
}

/** The order of keys is no part of a result. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)])
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
