/**
 * Question: what do decoding and encoding a record of about 150 bytes cost beside Java's Avro, Protobuf and Jackson?
 * Budget: both together at most twice Java's time for Avro and Protobuf, at most Jackson's for JSON; 3 of 15 fields cheaper than Java's whole
 * decode. Both sides have the same record and take turns, a round of everything each; the rounds in which both become warm do not count.
 * A ratio is of one round's two sides, which saw the same machine: the median of all, and between which half of them are.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { report, rowOf } from '../report.ts'
import { numberGiven, ofSize } from '../settings.ts'

const repository = join(import.meta.dirname, '../..')
const java = join(import.meta.dirname, 'serde')
const formats = ['avro', 'protobuf', 'json'] as const
const budgets: Readonly<Record<(typeof formats)[number], number>> = { avro: 2, protobuf: 2, json: 1 }
const recordsARound = ofSize(1000, 100_000)
const warmRounds = ofSize(1, 10)
const rounds = numberGiven('rounds', 1, 25)

/** Microseconds a record, by what was measured. */
type Times = ReadonlyMap<string, number>

class Side {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, {
      cwd: repository,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, BENCH: 'rounds', RECORDS: String(recordsARound) },
    })
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })
    this.#lines = lines[Symbol.asyncIterator]()
  }

  async round(): Promise<Times> {
    this.#process.stdin?.write('round\n')
    const times = new Map<string, number>()
    for (;;) {
      const { value, done = false } = await this.#lines.next()
      if (done) throw new Error('a side ended before its round did')
      if (value === '') return times
      const { what = '', micros } =
        / \/ (?<what>[^(:]+?)(?: \(\d+ bytes\))?: .*?(?<micros>[\d.]+) µs each/.exec(value)?.groups ?? {}
      times.set(what, Number(micros))
    }
  }

  async end(): Promise<void> {
    this.#process.stdin?.end()
    await once(this.#process, 'exit')
  }
}

interface Round {
  readonly ours: Times
  readonly theirs: Times
}

async function measure(): Promise<readonly Round[]> {
  const theirs = new Side('java', ['-cp', `${java}/target/classes:${java}/lib/*`, 'weft.SerdeBench'])
  const ours = new Side(process.execPath, ['src/serde/serde.bench.ts'])
  const measured: Round[] = []
  for (let round = 0; round < warmRounds + rounds; round++) {
    const both = { theirs: await theirs.round(), ours: await ours.round() }
    if (round >= warmRounds) measured.push(both)
  }
  await Promise.all([theirs.end(), ours.end()])
  return measured
}

/** The value below which this part of all are. */
function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(part * (values.length - 1))] ?? Number.NaN
}

function withSpread(values: readonly number[], digits: number): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(values, part).toFixed(digits))
  return `${middle} (${low}–${high})`
}

function rowsOf(format: (typeof formats)[number], measured: readonly Round[]): string[] {
  const row = (what: string, our: readonly string[], their: readonly string[], budget = ''): string => {
    const sum = (times: Times, names: readonly string[]): number =>
      names.reduce((total, name) => total + (times.get(`${format} ${name}`) ?? Number.NaN), 0)
    const [ours, theirs] = [
      measured.map((round) => sum(round.ours, our)),
      measured.map((round) => sum(round.theirs, their)),
    ]
    const ratios = ours.map((time, index) => time / (theirs[index] as number))
    if (ratios.some(Number.isNaN)) throw new Error(`a side did not measure ${format} ${what}`)
    return rowOf([format, what, withSpread(ours, 3), withSpread(theirs, 3), withSpread(ratios, 2), budget])
  }
  const some = '3 of 15 fields'
  return [
    row('decode', ['decode'], ['decode']),
    row('encode', ['encode'], ['encode']),
    row('decode and encode', ['decode', 'encode'], ['decode', 'encode'], String(budgets[format])),
    ...(measured[0]?.ours.has(`${format} ${some}`) === true
      ? [row(`${some}, beside Java's whole decode`, [some], ['decode'], '1')]
      : []),
  ]
}

execFileSync('mvn', ['-q', '-B', 'compile'], { cwd: java, stdio: 'inherit' })
if (!process.argv.includes('build')) {
  const measured = await measure()
  report({
    file: 'serde',
    title: 'serde',
    circumstances: `Java's Avro 1.12.1, Protobuf 4.33.4, Jackson 2.21.2, medians of ${rounds} rounds taken in turns, with quartiles`,
    columns: ['format', 'what', 'Weft, µs', 'Java, µs', 'ratio', 'budget'],
    rows: formats.flatMap((format) => rowsOf(format, measured)),
  })
}
