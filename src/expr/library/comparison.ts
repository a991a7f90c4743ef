import type { DataType } from '../../data/types.ts'
import type { CallSite } from '../emit/context.ts'
import { compareDouble, compareText, deepEquals, isFloatingKind, isNumberKind } from '../values/compare.ts'
import { castFunction } from '../casts.ts'
import { commonType } from '../common-type.ts'
import { compareIntervals } from '../values/intervals.ts'
import { arg, type ScalarFunction } from './scalar-function.ts'

function takeCommon(args: readonly DataType[]): readonly DataType[] | undefined {
  const common = args.reduce<DataType | undefined>((type, next) => type && commonType(type, next), args[0])
  return common && args.map((type) => (isExact(type) && isExact(common) ? type : common))
}

/** Whole numbers and decimals compare by value without a cast. */
function isExact(type: DataType): boolean {
  return isNumberKind(type) && !isFloatingKind(type)
}

/** JavaScript that holds where two values of one type, neither of them NULL, are equal. */
export function emitEquals(site: Pick<CallSite, 'args' | 'argTypes' | 'constant'>): string {
  const [a = 'null', b = 'null'] = site.args
  const type = site.argTypes[0]
  if (type?.kind === 'interval') return `${site.constant(compareIntervals)}(${a}, ${b}) === 0`
  if (type === undefined || isNested(type)) return `${site.constant(deepEquals)}(${a}, ${b})`
  return isFloatingKind(type) ? `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))` : `${a} === ${b}`
}

function isNested(type: DataType): boolean {
  return ['struct', 'list', 'map', 'tuple', 'union', 'any'].includes(type.kind)
}

function emitOrder(operator: '<' | '<=' | '>' | '>='): (site: CallSite) => string {
  return (site) => {
    const [a, b] = [arg(site, 0), arg(site, 1)]
    const type = site.argTypes[0]
    if (type?.kind === 'string') return `${site.constant(compareText)}(${a}, ${b}) ${operator} 0`
    if (type?.kind === 'interval') return `${site.constant(compareIntervals)}(${a}, ${b}) ${operator} 0`
    if (type !== undefined && isFloatingKind(type))
      return `${site.constant(compareDouble)}(${a}, ${b}) ${operator} 0`
    return `${a} ${operator} ${b}`
  }
}

function takeOrdered(args: readonly DataType[]): readonly DataType[] | undefined {
  const types = takeCommon(args)
  return types === undefined || types.some(isNested) ? undefined : types
}

function order(operator: '<' | '<=' | '>' | '>='): ScalarFunction {
  return { names: [operator], nulls: 'strict', total: true, take: takeOrdered, emit: emitOrder(operator) }
}

/** NULL is a value like others here. */
function emitSame(site: CallSite): string {
  const [a, b] = [arg(site, 0), arg(site, 1)]
  return `(${a} === null || ${b} === null ? ${a} === ${b} : ${emitEquals(site)})`
}

/** The largest (`sign` 1) or smallest (−1) of the arguments that are not NULL. */
function emitExtreme(sign: 1 | -1): (site: CallSite) => string {
  return (site) => {
    const type = site.argTypes[0]
    const compare =
      type?.kind === 'string' ? compareText : type?.kind === 'interval' ? compareIntervals : compareDouble
    const pick = (a: unknown, b: unknown): unknown => {
      if (a === null || b === null) return a ?? b
      // Values of one type reach this; `compareDouble` orders booleans and whole numbers too.
      return compare(a as never, b as never) * sign >= 0 ? a : b
    }
    const name = site.constant(pick)
    return site.args.reduce((left, right) => `${name}(${left}, ${right})`)
  }
}

/** What is given back is the first argument as it is; it is compared in the common type. */
function takeNullif([first, second]: readonly DataType[]): readonly DataType[] | undefined {
  const common = first && second && takeCommon([first, second])
  return common?.[1] && [first as DataType, common[1]]
}

function emitNullif(site: CallSite): string {
  const [first, second] = site.argTypes as [DataType, DataType]
  const convert = isExact(first) && isExact(second) ? undefined : castFunction(first, second, false)
  const equals = isFloatingKind(second) ? equalDoubles : deepEquals
  const nullif = (a: never, b: never): unknown =>
    a !== null && b !== null && equals((convert === undefined ? a : convert(a)) as never, b) ? null : a
  return `${site.constant(nullif)}(${site.args.join(', ')})`
}

function equalDoubles(a: number, b: number): boolean {
  return compareDouble(a, b) === 0
}

/** `x BETWEEN low AND high`: two comparisons and an AND of three values. */
function emitBetween(site: CallSite): string {
  const [x, low, high] = [arg(site, 0), arg(site, 1), arg(site, 2)]
  const half = (operator: '>=' | '<=', other: string, index: number): string => {
    const types = [site.argTypes[0], site.argTypes[index]].filter((type) => type !== undefined)
    const code = emitOrder(operator)({ ...site, args: [x, other], argTypes: types })
    return `(${x} === null || ${other} === null ? null : ${code})`
  }
  return `${site.constant(bothHold)}(${half('>=', low, 1)}, ${half('<=', high, 2)})`
}

function bothHold(a: boolean | null, b: boolean | null): boolean | null {
  if (a === false || b === false) return false
  return a === null || b === null ? null : true
}

export const comparisonFunctions: readonly ScalarFunction[] = [
  { names: ['='], nulls: 'strict', total: true, take: takeCommon, emit: emitEquals },
  { names: ['<>'], nulls: 'strict', total: true, take: takeCommon, emit: (site) => `!(${emitEquals(site)})` },
  { names: ['between'], nulls: 'own', take: takeOrdered, emit: emitBetween },
  order('<'),
  order('<='),
  order('>'),
  order('>='),
  { names: ['is_not_distinct_from'], nulls: 'own', total: true, take: takeCommon, emit: emitSame },
  {
    names: ['is_distinct_from'],
    nulls: 'own',
    total: true,
    take: takeCommon,
    emit: (site) => `!(${emitSame(site)})`,
  },
  {
    names: ['is_null'],
    nulls: 'own',
    total: true,
    take: (args) => args,
    emit: (site) => `${arg(site, 0)} === null`,
  },
  {
    names: ['is_not_null'],
    nulls: 'own',
    total: true,
    take: (args) => args,
    emit: (site) => `${arg(site, 0)} !== null`,
  },
  {
    names: ['not'],
    nulls: 'strict',
    total: true,
    take: () => [{ kind: 'boolean' }],
    emit: (site) => `!${arg(site, 0)}`,
  },
  { names: ['nullif'], nulls: 'own', take: takeNullif, emit: emitNullif },
  { names: ['greatest'], nulls: 'own', take: (args, type) => args.map(() => type), emit: emitExtreme(1) },
  { names: ['least'], nulls: 'own', take: (args, type) => args.map(() => type), emit: emitExtreme(-1) },
]
