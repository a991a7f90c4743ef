import type { DataType } from '../../data/types.ts'
import type { CallSite } from '../emit/context.ts'
import { fail } from '../values/failure.ts'
import type { Whole } from '../values/integers.ts'
import { intervalOf, type Interval } from '../../data/intervals.ts'
import { daysOfDate } from '../../data/times.ts'
import { addIntervals, addToTimestamp, scaleInterval, subtractTimestamps } from '../values/intervals.ts'
import { borderCounter, partReader, truncation } from '../values/time-parts.ts'
import { checkDate, checkTimestamp } from '../values/times.ts'
import {
  arg,
  calls,
  date,
  double,
  interval,
  long,
  takes,
  text,
  timestamp,
  type ScalarFunction,
} from './scalar-function.ts'

type Make<F> = (part: string) => F | undefined

/** A function whose first argument names a part; a literal is looked up once. */
function byPart<F>(names: readonly string[], make: Make<F>, timestamps: 1 | 2): ScalarFunction {
  const known = (part: string): F =>
    make(part) ??
    fail(
      `"${names[0]}" knows no part of a date by this name`,
      'Use for example year, quarter, month, week, day, hour, minute or second.',
    )
  return {
    names,
    nulls: 'strict',
    total: true,
    take: () => [text, ...Array.from({ length: timestamps }, () => timestamp)],
    emit: (site) => {
      const part = site.literalText(0)
      const rest = site.args.slice(1).join(', ')
      if (part === undefined) return `${site.constant(known)}(${arg(site, 0)})(${rest})`
      return `${site.constant(known(part))}(${rest})`
    },
  }
}

/** `year(t)` and the like: the part is the function's name. */
function partFunction(name: string): ScalarFunction {
  return {
    names: [name],
    nulls: 'strict',
    total: true,
    take: takes(timestamp),
    emit: (site) => `${site.constant(partReader(name))}(${arg(site, 0)})`,
  }
}

/** `to_hours(n)` and the like: what `INTERVAL n HOUR` stands for. */
function intervalFunction(unit: string): ScalarFunction {
  const one = intervalOf(unit)
  return {
    names: [`to_${unit}s`],
    nulls: 'strict',
    total: true,
    take: () => [double],
    emit: (site) => `${site.constant((count: number) => one && scaleInterval(one, count))}(${arg(site, 0)})`,
  }
}

function isTime(type: DataType | undefined): boolean {
  return type?.kind === 'timestamp' || type?.kind === 'date'
}

function takeShift(args: readonly DataType[], result: DataType): readonly DataType[] | undefined {
  const [a, b] = args
  if (result.kind === 'date') return args.map((type) => (type.kind === 'date' ? date : { kind: 'int' }))
  if (result.kind === 'interval') return isTime(a) ? [timestamp, timestamp] : [interval, interval]
  if (result.kind === 'timestamp') return isTime(a) ? [timestamp, interval] : [interval, timestamp]
  return a?.kind === 'date' && b?.kind === 'date' ? args : undefined
}

const negative = (span: Interval): Interval => scaleInterval(span, -1)

function emitAdd(site: CallSite): string {
  const [a, b] = [arg(site, 0), arg(site, 1)]
  if (site.type.kind === 'date') return `${site.constant(checkDate)}(${a} + ${b})`
  if (site.type.kind === 'interval') return `${site.constant(addIntervals)}(${a}, ${b})`
  const [time, span] = site.argTypes[0]?.kind === 'interval' ? [b, a] : [a, b]
  return `${site.constant(addToTimestamp)}(${time}, ${span})`
}

function emitSubtract(site: CallSite): string {
  const [a, b] = [arg(site, 0), arg(site, 1)]
  const minus = site.constant(negative)
  if (site.type.kind === 'timestamp') return `${site.constant(addToTimestamp)}(${a}, ${minus}(${b}))`
  if (site.type.kind === 'date') return `${site.constant(checkDate)}(${a} - ${b})`
  if (site.type.kind !== 'interval') return `${a} - ${b}`
  if (site.argTypes[0]?.kind === 'timestamp') return `${site.constant(subtractTimestamps)}(${a}, ${b})`
  return `${site.constant(addIntervals)}(${a}, ${minus}(${b}))`
}

/** Sums and differences of times and spans; the binder tells them from those of numbers by their types. */
export const timeArithmetic: readonly ScalarFunction[] = [
  { names: ['time +'], nulls: 'strict', total: true, take: takeShift, emit: emitAdd },
  { names: ['time -'], nulls: 'strict', total: true, take: takeShift, emit: emitSubtract },
  {
    names: ['time *'],
    nulls: 'strict',
    total: true,
    take: (args) => args.map((type) => (type.kind === 'interval' ? interval : double)),
    emit: (site) => {
      const [a, b] = [arg(site, 0), arg(site, 1)]
      const [span, count] = site.argTypes[0]?.kind === 'interval' ? [a, b] : [b, a]
      return `${site.constant(scaleInterval)}(${span}, ${count})`
    },
  },
]

const partNames = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'quarter',
  'week',
]
const moreParts = ['decade', 'century', 'dayofweek', 'dayofyear', 'dayofmonth', 'isodow', 'isoyear', 'epoch']
const spans = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second', 'millisecond', 'microsecond']

export const timeFunctions: readonly ScalarFunction[] = [
  ...timeArithmetic,
  byPart(['date_trunc', 'datetrunc'], truncation, 1),
  byPart(['date_part', 'datepart', 'extract'], partReader, 1),
  byPart(['date_diff', 'datediff'], borderCounter, 2),
  ...[...partNames, ...moreParts].map(partFunction),
  ...spans.map(intervalFunction),
  {
    names: ['epoch_ms'],
    nulls: 'strict',
    total: true,
    take: ([type]) => (isTime(type) ? [timestamp] : [long]),
    emit: (site) =>
      site.type.kind === 'timestamp'
        ? `${site.constant(checkTimestamp)}(Number(${arg(site, 0)}) * 1000)`
        : `Math.trunc(${arg(site, 0)} / 1000) + 0`,
  },
  { names: ['epoch_us'], nulls: 'strict', total: true, take: takes(timestamp), emit: (site) => arg(site, 0) },
  {
    names: ['make_timestamp'],
    nulls: 'strict',
    total: true,
    take: takes(long),
    emit: (site) => `${site.constant(checkTimestamp)}(Number(${arg(site, 0)}))`,
  },
  {
    names: ['to_timestamp'],
    nulls: 'strict',
    total: true,
    take: takes(double),
    emit: (site) => `${site.constant(checkTimestamp)}(Math.round(${arg(site, 0)} * 1000000))`,
  },
  {
    names: ['make_date'],
    nulls: 'strict',
    total: true,
    take: takes(long, long, long),
    emit: calls(makeDate),
  },
]

function makeDate(year: Whole, month: Whole, day: Whole): number {
  return daysOfDate(Number(year), Number(month), Number(day)) ?? fail('a date does not exist')
}
