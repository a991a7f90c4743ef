/**
 * A benchmark is a program with two sizes: `smoke`, which the test run uses so that it cannot rot, and `full`, which a
 * person runs. Results compare two commits on one quiet machine; they are not absolute. Seeds are fixed. Every run prints a
 * checksum, so that a faster wrong answer shows.
 */
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
  const full = process.env['BENCH'] === 'full'
  const rounds = full ? fullRounds : 1
  body({
    parameter: (name, smoke, large) => (full ? Number(process.env[name] ?? large) : smoke),
    measure: (name, unit, work) => {
      const seconds: number[] = []
      let checksum = 0
      for (let round = 0; round < rounds; round++) {
        const start = performance.now()
        checksum = work()
        seconds.push((performance.now() - start) / 1000)
      }
      if (full) console.log(`${title} / ${name}: ${report(unit, seconds)}, checksum ${checksum}`)
    },
  })
}

function report(unit: Unit, seconds: readonly number[]): string {
  const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1] ?? Number.NaN
  const rate = Math.round(unit.count / median).toLocaleString('en')
  const each = ((median / unit.count) * 1e6).toFixed(4)
  return `${rate} ${unit.of}/s, ${each} µs each`
}
