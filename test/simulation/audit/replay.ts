/**
 * The strongest audit there is: a topic to which one task writes each record as it takes it, and then what becomes of it. Its order is the
 * order in which the task worked, so a few naive lines that are told the same records must say the same.
 */
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Evidence } from './evidence.ts'

export interface Replay {
  /** The topic's records. */
  readonly found: readonly ReadRecord[]
  readonly isInput: (record: ReadRecord) => boolean
  /** The naive lines, afresh: called once for each task. */
  readonly begin: () => NaiveTask
}

export interface NaiveTask {
  /** What comes of a record, in order: `key value`. */
  take(input: NaiveInput): readonly string[]
}

export interface NaiveInput {
  readonly key: string
  /** `null` as text where there is none. */
  readonly value: string
  readonly timestampMs: number
}

/** Every result follows the record that caused it, in order, and nothing else does. At least once nothing can be said. */
export function auditReplay(evidence: Evidence, { found, isInput, begin }: Replay): string[] {
  if (!evidence.strict) return []
  return [...Map.groupBy(found, ({ partition }) => partition)].flatMap(([partition, records]) => {
    const task = begin()
    let due: string[] = []
    let cause = 'the beginning'
    for (const record of records) {
      const line = lineOf(record)
      if (!isInput(record)) {
        const wanted = due.shift()
        if (wanted === line) continue
        return [
          `${cause} gave ${line}, not ${wanted ?? 'nothing'}, at partition ${partition}@${record.offset}`,
        ]
      }
      if (due.length > 0)
        return [`${cause} did not give ${due.join(', ')}, before partition ${partition}@${record.offset}`]
      cause = line
      due = [...task.take(inputOf(record))]
    }
    return due.length === 0
      ? []
      : [`${cause} did not give ${due.join(', ')} at the end of partition ${partition}`]
  })
}

/** With caching only what stands at a commit goes out: of each name's results some, in order, the last one among them. */
export function auditReplayCached(
  evidence: Evidence,
  { found, isInput, begin }: Replay,
  nameOf: (line: string) => string,
): string[] {
  if (!evidence.strict) return []
  return [...Map.groupBy(found, ({ partition }) => partition)].flatMap(([partition, records]) => {
    const task = begin()
    const wanted = records.filter(isInput).flatMap((record) => task.take(inputOf(record)))
    const given = Map.groupBy(records.filter((record) => !isInput(record)).map(lineOf), nameOf)
    const wantedBy = Map.groupBy(wanted, nameOf)
    return [...new Set([...wantedBy.keys(), ...given.keys()])].flatMap((name) => {
      const [want, have] = [wantedBy.get(name) ?? [], given.get(name) ?? []]
      // What came and went between two commits was never there.
      const last = have.at(-1) ?? `${name}=null`
      if (last === want.at(-1) && isPart(have, want)) return []
      return [
        `partition ${partition}: ${have.join(' ') || 'nothing'} came out, not some of ${want.join(' ')}`,
      ]
    })
  })
}

/** Whether `part` is what is left of `whole` when some are taken out. */
export function isPart(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  return part.every((value) => {
    at = whole.indexOf(value, at) + 1
    return at > 0
  })
}

function inputOf({ key, value, timestampMs }: ReadRecord): NaiveInput {
  return { key: String(key), value: String(value), timestampMs }
}

function lineOf({ key, value }: ReadRecord): string {
  return `${key} ${String(value)}`
}
