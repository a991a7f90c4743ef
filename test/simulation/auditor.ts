import type { ReadRecord } from '../../src/testing/cluster.ts'

/** What readers of committed records see when everything has come to rest. */
export interface Evidence {
  /** Values `word:number`, numbered per input partition. */
  readonly input: readonly ReadRecord[]
  readonly passed: readonly ReadRecord[]
  readonly counts: readonly ReadRecord[]
  readonly changeLog: readonly ReadRecord[]
  /** Partitions whose last stable offset is not their high watermark: a transaction is open there. */
  readonly openPartitions: readonly string[]
  /** Entries of all stores of running tasks. */
  readonly storeEntries: number
  /** Only the last count of a word per commit goes out. */
  readonly caching: boolean
}

/** Recomputes what must have come out, in a few naive lines that share nothing with the engine. @returns what is wrong */
export function audit(evidence: Evidence): string[] {
  const expected = new Map<string, number>()
  for (const { value } of evidence.input) {
    const word = String(value).split(':')[0] ?? ''
    expected.set(word, (expected.get(word) ?? 0) + 1)
  }
  return [
    ...auditPassed(evidence),
    ...auditCounts(evidence, expected),
    ...auditChangeLog(evidence, expected),
    ...evidence.openPartitions.map((partition) => `a transaction is open on ${partition}`),
    ...(evidence.storeEntries === expected.size
      ? []
      : [`stores hold ${evidence.storeEntries} words, not ${expected.size}`]),
  ]
}

/** Each input once, and those of one word and input partition in their order. */
function auditPassed({ input, passed }: Evidence): string[] {
  const wanted = new Map<string, string[]>()
  for (const { value, partition } of input) push(wanted, `${wordOf(value)} of ${partition}`, String(value))
  const found = new Map<string, string[]>()
  const partitionOf = new Map(input.map(({ value, partition }) => [String(value), partition]))
  for (const { value } of passed)
    push(found, `${wordOf(value)} of ${partitionOf.get(String(value))}`, String(value))
  return differences('passed', wanted, found)
}

/** 1, 2, 3, … per word; with caching some are left out, and the last is there. */
function auditCounts({ counts, caching }: Evidence, expected: ReadonlyMap<string, number>): string[] {
  const found = new Map<string, number[]>()
  for (const { key, value } of counts) {
    const list = found.get(String(key)) ?? []
    list.push(Number(value?.readBigInt64BE(0)))
    found.set(String(key), list)
  }
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((word) => {
    const list = found.get(word) ?? []
    const total = expected.get(word) ?? 0
    const rises = list.every((count, index) => count > (list[index - 1] ?? 0))
    const whole = caching || list.length === total
    if (rises && whole && list.at(-1) === total) return []
    return [`"${word}" was counted ${list.join(' ')}, and is there ${total} times`]
  })
}

function auditChangeLog({ changeLog }: Evidence, expected: ReadonlyMap<string, number>): string[] {
  const last = new Map<string, number>()
  for (const { key, value } of changeLog) last.set(String(key), Number(value?.readBigInt64BE(0)))
  return [...expected].flatMap(([word, total]) =>
    last.get(word) === total
      ? []
      : [`the change log ends with ${last.get(word)} for "${word}", not ${total}`],
  )
}

function differences(
  topic: string,
  wanted: ReadonlyMap<string, readonly string[]>,
  found: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const [want, have] = [wanted.get(name) ?? [], found.get(name) ?? []]
    if (want.join() === have.join()) return []
    const missing = want.filter((value) => !have.includes(value))
    const double = have.filter((value, index) => have.indexOf(value) !== index)
    return [`"${topic}" has ${name} wrong: missing ${missing.join(' ')}, double ${double.join(' ')}`]
  })
}

function push(lists: Map<string, string[]>, name: string, value: string): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [value])
  else list.push(value)
}

function wordOf(value: Buffer | null): string {
  return String(value).split(':')[0] ?? ''
}
