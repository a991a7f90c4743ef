/** The few comparisons that the cases are audited with: lists of records by key, in order. */
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Evidence } from './evidence.ts'
import { isPart } from './replay.ts'

export function recordsBy(
  records: readonly ReadRecord[],
  by: (record: ReadRecord) => string,
): Map<string, ReadRecord[]> {
  return Map.groupBy(records, by)
}

/** How many records have each name. */
export function copiesOf(
  records: readonly ReadRecord[],
  by: (record: ReadRecord) => string,
): Map<string, number> {
  return new Map([...recordsBy(records, by)].map(([name, list]) => [name, list.length]))
}

export interface Journal {
  readonly wanted: readonly ReadRecord[]
  readonly found: readonly ReadRecord[]
  /** What records have in common that must stay in order. */
  readonly by: (record: ReadRecord) => string
  /** What of a found record must be the wanted one's value. */
  readonly valueIn?: (record: ReadRecord) => string
}

/** Every wanted record is there, once, in the order of those it belongs to; at least once after trouble, each is there. */
export function auditJournal(evidence: Evidence, { wanted, found, by, valueIn = textOf }: Journal): string[] {
  const wantedBy = recordsBy(wanted, by)
  const foundBy = recordsBy(found, by)
  return [...new Set([...wantedBy.keys(), ...foundBy.keys()])].flatMap((name) => {
    const want = (wantedBy.get(name) ?? []).map(textOf)
    const have = (foundBy.get(name) ?? []).map(valueIn)
    return compare(name, { want, have, strict: evidence.strict })
  })
}

function compare(
  name: string,
  { want, have, strict }: { readonly want: string[]; readonly have: string[]; readonly strict: boolean },
): string[] {
  if (want.join() === have.join()) return []
  const missing = want.filter((value) => !have.includes(value))
  const strange = have.filter((value) => !want.includes(value))
  const double = strict
    ? have.filter((value, index) => have.indexOf(value) !== index && value !== 'null')
    : []
  if (missing.length + strange.length + double.length > 0) {
    const parts = { missing, strange, double }
    const said = Object.entries(parts).filter(([, values]) => values.length > 0)
    return [`"${name}": ${said.map(([what, values]) => `${what} ${values.join(' ')}`).join('; ')}`]
  }
  return strict ? [`"${name}" is out of order: ${have.join(' ')}, not ${want.join(' ')}`] : []
}

function textOf({ value }: ReadRecord): string {
  return String(value)
}

export interface Counts {
  readonly expected: ReadonlyMap<string, number>
  readonly found: ReadonlyMap<string, readonly ReadRecord[]>
}

/** 1, 2, 3, … for each name; with caching some are left out, and the last is there; at least once after deaths, at least as many. */
export function auditCounts({ strict, noZombies, variant }: Evidence, { expected, found }: Counts): string[] {
  if (!noZombies) return []
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((name) => {
    const list = (found.get(name) ?? []).map(({ value }) => Number(value?.readBigInt64BE(0)))
    const total = expected.get(name) ?? 0
    if (!strict)
      return Math.max(0, ...list) >= total ? [] : [`"${name}" was counted to ${list.at(-1)} of ${total}`]
    const rises = list.every((count, index) => count > (list[index - 1] ?? 0))
    const whole = variant.caching || list.length === total
    if (rises && whole && list.at(-1) === total) return []
    return [`"${name}" was counted ${list.join(' ')}, and is there ${total} times`]
  })
}

export interface Chains {
  readonly input: ReadonlyMap<string, readonly ReadRecord[]>
  readonly found: ReadonlyMap<string, readonly ReadRecord[]>
  readonly link: (chain: string | undefined, value: string) => string
  /** The name under which `found` has this chain of a key. */
  readonly nameOf: (key: string, chain: string) => string
  readonly valueIn: (record: ReadRecord) => string
}

/** Every key's chains, folded anew; with caching some are left out. At least once after trouble nothing can be said of them. */
export function auditChains(evidence: Evidence, { input, found, link, nameOf, valueIn }: Chains): string[] {
  if (!evidence.strict) return []
  const wanted = new Map<string, string[]>()
  const unseen: string[] = []
  for (const [key, records] of input) {
    let chain: string | undefined
    let name = ''
    for (const record of records) {
      chain = link(chain, textOf(record))
      name = nameOf(key, chain)
      wanted.set(name, [...(wanted.get(name) ?? []), chain])
    }
    const last = found.get(name)?.at(-1)
    if (last === undefined || valueIn(last) !== chain)
      unseen.push(`the last chain of "${key}" is not ${chain}`)
  }
  const wrong = [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const want = wanted.get(name) ?? []
    const have = (found.get(name) ?? []).map(valueIn)
    if (evidence.variant.caching ? isPart(have, want) : have.join(' ') === want.join(' ')) return []
    return [
      `chains of "${name}" are ${have.join(' ')}, not ${evidence.variant.caching ? 'some of ' : ''}${want.join(' ')}`,
    ]
  })
  return [...unseen, ...wrong]
}
