/**
 * A benchmark is a program with two sizes: `smoke`, which the test run uses so that it cannot rot, and `full`, which a
 * person runs. Results compare two commits on one quiet machine; they are not absolute. Seeds are fixed. Every run prints a
 * checksum, so that a faster wrong answer shows.
 *
 * With `BENCH=rounds` it takes turns with another program: it measures everything once for each line that it is given, and ends its answer
 * with an empty line.
 */
import { createInterface } from 'node:readline'

export interface Bench {
  /** A named size; `NAME=123 npm run bench -- FILE` overrides the full one. */
  parameter(name: string, smoke: number, full: number): number
  /** Times `work`, `rounds` times, and reports the median; `work` returns its checksum. */
  measure(name: string, unit: Unit, work: () => number): void
}

interface Unit {
  readonly count: number
  readonly of: string
}

const fullRounds = 11

export function bench(title: string, body: (b: Bench) => void): void {
  const size = process.env['BENCH'] ?? 'smoke'
  const parameter = (name: string, smoke: number, large: number): number =>
    size === 'smoke' ? smoke : Number(process.env[name] ?? large)
  if (size === 'rounds') {
    takeTurns(title, parameter, body)
    return
  }
  const rounds = size === 'full' ? fullRounds : 1
  body({
    parameter,
    measure: (name, unit, work) => {
      const seconds: number[] = []
      let checksum = 0
      for (let round = 0; round < rounds; round++) {
        const start = performance.now()
        checksum = work()
        seconds.push((performance.now() - start) / 1000)
      }
      if (size === 'full') console.log(`${title} / ${name}: ${report(unit, seconds)}, checksum ${checksum}`)
    },
  })
}

function takeTurns(title: string, parameter: Bench['parameter'], body: (b: Bench) => void): void {
  const measures: (() => string)[] = []
  body({
    parameter,
    measure: (name, unit, work) =>
      measures.push(() => {
        const start = performance.now()
        const checksum = work()
        const seconds = (performance.now() - start) / 1000
        return `${title} / ${name}: ${report(unit, [seconds])}, checksum ${checksum}`
      }),
  })
  createInterface({ input: process.stdin }).on('line', () => {
    for (const measure of measures) console.log(measure())
    console.log()
  })
}

function report(unit: Unit, seconds: readonly number[]): string {
  const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1] ?? Number.NaN
  const rate = Math.round(unit.count / median).toLocaleString('en')
  const each = ((median / unit.count) * 1e6).toFixed(4)
  return `${rate} ${unit.of}/s, ${each} µs each`
}
