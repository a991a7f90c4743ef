/**
 * What the client does in each cell of the matrix, in few lines: only where it differs from the rule that an error which may pass is
 * survived when it happens once, and that every other is told with the code that stands for it.
 */
import { responseError } from '../../src/kafka/cluster/response-error.ts'
import {
  isRetriable,
  kafkaErrorCode,
  kafkaErrors,
  type KafkaErrorName,
} from '../../src/protocol/error-codes.ts'
import type { Cell } from './matrix.ts'
import type { Outcome } from './workload.ts'

export interface Told {
  readonly cell: Cell
  readonly outcome: Outcome
}

// The names are the table's own.
const errorNames = (Object.keys(kafkaErrors) as KafkaErrorName[]).filter((name) => name !== 'NONE')

/** What an error means to us; errors of one meaning are mostly treated alike, so that they stand together under it. */
function meaningOf(error: KafkaErrorName): Outcome {
  return responseError(kafkaErrorCode(error), 'do it').code
}

const byMeaning = Map.groupBy(errorNames, meaningOf)

export function ruleFor({ fault, lasting }: Cell): Outcome {
  if (fault.kind !== 'error') return lasting ? 'BROKER_UNREACHABLE' : 'goes on'
  if (!lasting && isRetriable(kafkaErrorCode(fault.error))) return 'goes on'
  return meaningOf(fault.error)
}

/** `moves, EndTxn, once, after: goes on: all KAFKA_FATAL except UNKNOWN_SERVER_ERROR, cut 0` and so on, sorted. */
export function exceptionLines(told: readonly Told[]): string[] {
  const exceptions = told.filter(({ cell, outcome }) => outcome !== ruleFor(cell))
  const groups = Map.groupBy(exceptions, ({ cell, outcome }) => `${placeOf(cell)}: ${outcome}`)
  return [...groups.values()].flatMap(linesOf).toSorted()
}

/** What has this outcome both ways, then what has it one way only. */
function linesOf(alike: readonly Told[]): string[] {
  const [first] = alike
  if (first === undefined) return []
  const ways = Map.groupBy(alike, ({ cell }) => whenOf(cell))
  const whats = new Map(
    [...ways].map(([when, ones]) => [when, new Set(ones.map(({ cell }) => whatOf(cell)))]),
  )
  const other = new Map([...whats.values()].flatMap((set) => [...set]).map((what) => [what, 0]))
  for (const set of whats.values()) for (const what of set) other.set(what, (other.get(what) ?? 0) + 1)
  const both = [...other].filter(([, count]) => count === 2).map(([what]) => what)
  const line = (when: string, names: readonly string[]): string[] =>
    names.length === 0
      ? []
      : [`${placeOf(first.cell)}, ${when}: ${first.outcome}: ${namesOf(names).join(', ')}`]
  const only = [...whats].flatMap(([when, set]) =>
    line(
      when,
      [...set].filter((what) => !both.includes(what)),
    ),
  )
  return [...line('both', both), ...only]
}

function placeOf({ workload, api, lasting, fault, skip }: Cell): string {
  const later = fault.kind === 'error' && skip > 0 ? ` after ${skip}` : ''
  return `${workload.name}, ${api}${later}, ${lasting ? 'always' : 'once'}`
}

function whenOf({ fault }: Cell): string {
  return 'when' in fault && fault.when !== undefined ? fault.when : ''
}

/** The error, or how the answer was lost and how many requests had passed. */
function whatOf({ fault, skip }: Cell): string {
  return fault.kind === 'error' ? fault.error : `${fault.kind} ${skip}`
}

/** Groups by their meaning, where most of one are there; then the others by name. */
function namesOf(whats: readonly string[]): string[] {
  const left = new Set(whats)
  const names: string[] = []
  for (const [meaning, errors] of byMeaning) {
    const missing = errors.filter((error) => !left.has(error))
    if (errors.length < 2 || missing.length * 2 >= errors.length) continue
    names.push(`all ${meaning}${missing.length === 0 ? '' : ` except ${missing.join(' ')}`}`)
    for (const error of errors) left.delete(error)
  }
  return [...names, ...left].toSorted()
}

/** The outcome that the lines and the rule give for a cell. */
export function outcomeIn(lines: readonly string[], cell: Cell): string {
  const places = ['both', whenOf(cell)].map((when) => `${placeOf(cell)}, ${when}: `)
  for (const line of lines) {
    const place = places.find((start) => line.startsWith(start))
    if (place === undefined) continue
    const [outcome = '', names = ''] = line.slice(place.length).split(': ')
    if (names.split(', ').some((name) => covers(name, cell))) return outcome
  }
  return ruleFor(cell)
}

function covers(name: string, cell: Cell): boolean {
  const what = whatOf(cell)
  const { fault } = cell
  if (name === what || fault.kind !== 'error') return name === what
  const [group, except = ''] = name.split(' except ')
  return group === `all ${meaningOf(fault.error)}` && !except.split(' ').includes(what)
}
