/**
 * Question: what do decoding and encoding a record of about 150 bytes cost beside Java's Avro, Protobuf and Jackson?
 * Budget: both together at most twice Java's time for Avro and Protobuf, at most Jackson's for JSON; 3 of 15 fields cheaper than Java's whole
 * decode. Both sides are warm, take the median of 11 rounds, and have the same record.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '../..')
const java = join(import.meta.dirname, 'serde')
const formats = ['avro', 'protobuf', 'json'] as const
const budgets: Readonly<Record<(typeof formats)[number], number>> = { avro: 2, protobuf: 2, json: 1 }

/** Microseconds a record, by what was measured. */
type Times = ReadonlyMap<string, number>

function timesIn(text: string): Times {
  const lines = text.matchAll(/ \/ (?<what>[^(:]+?)(?: \(\d+ bytes\))?: .*?(?<micros>[\d.]+) µs each/g)
  return new Map([...lines].map(({ groups = {} }) => [groups['what'] ?? '', Number(groups['micros'])]))
}

function measureJava(): Times {
  return timesIn(
    execFileSync('java', ['-cp', `${java}/target/classes:${java}/lib/*`, 'weft.SerdeBench'], {
      encoding: 'utf8',
    }),
  )
}

function measureWeft(): Times {
  return timesIn(
    execFileSync(process.execPath, ['src/serde/serde.bench.ts'], {
      cwd: repository,
      encoding: 'utf8',
      env: { ...process.env, BENCH: 'full' },
    }),
  )
}

function rowsOf(format: (typeof formats)[number], theirs: Times, ours: Times): string[] {
  const row = (what: string, our: number, their: number, budget = ''): string =>
    `| ${format} | ${what} | ${our.toFixed(3)} | ${their.toFixed(3)} | ${(our / their).toFixed(2)} | ${budget} |`
  const at = (times: Times, what: string): number => times.get(`${format} ${what}`) ?? Number.NaN
  const [ourDecode, theirDecode] = [at(ours, 'decode'), at(theirs, 'decode')]
  const both = row(
    'decode and encode',
    ourDecode + at(ours, 'encode'),
    theirDecode + at(theirs, 'encode'),
    String(budgets[format]),
  )
  const some = at(ours, '3 of 15 fields')
  return [
    row('decode', ourDecode, theirDecode),
    row('encode', at(ours, 'encode'), at(theirs, 'encode')),
    both,
    ...(Number.isNaN(some)
      ? []
      : [row("3 of 15 fields, beside Java's whole decode", some, theirDecode, '1')]),
  ]
}

if (!existsSync(join(java, 'target/classes/weft')))
  execFileSync('mvn', ['-q', '-B', 'compile'], { cwd: java, stdio: 'inherit' })
if (!process.argv.includes('build')) {
  const [theirs, ours] = [measureJava(), measureWeft()]
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: repository,
    encoding: 'utf8',
  }).trim()
  const text = [
    `\n## ${new Date().toISOString().slice(0, 16)} serde, commit ${commit}`,
    '',
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, Java's Avro 1.12.1, Protobuf 4.33.4, Jackson 2.21.2.`,
    '',
    '| format | what | Weft, µs | Java, µs | ratio | budget |',
    '|---|---|---|---|---|---|',
    ...formats.flatMap((format) => rowsOf(format, theirs, ours)),
    '',
  ].join('\n')
  appendFileSync(join(repository, 'bench/results/serde.md'), text)
  console.log(text)
}
