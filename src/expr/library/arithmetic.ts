import type { DataType } from '../../data/types.ts'
import type { CallSite } from '../emit/context.ts'
import { isFloatingKind, isWholeKind } from '../values/compare.ts'
import { toScale } from '../../data/decimal-scale.ts'
import { checkDecimal, remainderDecimal } from '../values/decimals.ts'
import {
  absoluteLong,
  addLong,
  checkByte,
  checkInt,
  checkShort,
  divideLong,
  multiplyLong,
  negateLong,
  remainderLong,
  subtractLong,
} from '../values/integers.ts'
import { arg, type ScalarFunction } from './scalar-function.ts'

const narrowChecks: Readonly<Record<string, (value: number) => number>> = {
  byte: checkByte,
  short: checkShort,
  int: checkInt,
}

const longAsDecimal: DataType = { kind: 'decimal', precision: 19, scale: 0 }

/** Numbers are computed in the type of the result; decimals keep their own scales. */
function takeNumbers(args: readonly DataType[], result: DataType): readonly DataType[] | undefined {
  if (result.kind === 'decimal') return args.map((type) => (type.kind === 'long' ? longAsDecimal : type))
  return isWholeKind(result) || isFloatingKind(result) ? args.map(() => result) : undefined
}

type WholeOperation = (...args: never[]) => unknown

function emitNumber(site: CallSite, code: string, whole: WholeOperation): string {
  const { type } = site
  if (type.kind === 'long') return `${site.constant(whole)}(${site.args.join(', ')})`
  if (type.kind === 'float') return `Math.fround(${code})`
  if (type.kind === 'decimal') {
    const rounded = `${site.constant(toScale)}(${code}, ${type.scale})`
    return `${site.constant(checkDecimal)}(${rounded}, ${type.precision}, ${type.scale})`
  }
  return checkedWhole(site, code)
}

/** A whole number that its type holds; one of BIGINT has seen to that itself. */
export function checkedWhole(site: CallSite, code: string): string {
  const check = narrowChecks[site.type.kind]
  return check === undefined ? code : `${site.constant(check)}(${code})`
}

function binary(operator: '+' | '-' | '*', whole: WholeOperation): ScalarFunction {
  return {
    names: [operator],
    nulls: 'strict',
    total: true,
    take: (args, result) => (args.length === 2 ? takeNumbers(args, result) : undefined),
    emit: (site) => emitNumber(site, `${arg(site, 0)} ${operator} ${arg(site, 1)}`, whole),
  }
}

const remainder: ScalarFunction = {
  names: ['%', 'mod'],
  nulls: 'strict',
  take: takeNumbers,
  emit: (site) => {
    if (isWholeKind(site.type)) return `${site.constant(remainderLong)}(${site.args.join(', ')})`
    if (site.type.kind === 'decimal')
      return `${site.constant(remainderDecimal)}(${site.args.join(', ')}, ${site.type.scale})`
    return emitNumber(site, `${arg(site, 0)} % ${arg(site, 1)}`, remainderLong)
  },
}

const wholeQuotient: ScalarFunction = {
  names: ['//', 'divide'],
  nulls: 'strict',
  take: takeNumbers,
  emit: (site) => {
    if (isWholeKind(site.type)) return `${site.constant(divideLong)}(${site.args.join(', ')})`
    // DuckDB keeps the digits of doubles here; only a division by zero differs from `/`.
    return `(${arg(site, 1)} === 0 ? null : ${emitNumber(site, `${arg(site, 0)} / ${arg(site, 1)}`, divideLong)})`
  },
}

const negation: ScalarFunction = {
  names: ['negate'],
  nulls: 'strict',
  total: true,
  take: takeNumbers,
  emit: (site) => emitNumber(site, `-${arg(site, 0)}`, negateLong),
}

const absolute: ScalarFunction = {
  names: ['abs'],
  nulls: 'strict',
  total: true,
  take: takeNumbers,
  emit: (site) => emitNumber(site, `Math.abs(${arg(site, 0)})`, absoluteLong),
}

export const arithmeticFunctions: readonly ScalarFunction[] = [
  binary('+', addLong),
  binary('-', subtractLong),
  binary('*', multiplyLong),
  {
    names: ['/'],
    nulls: 'strict',
    total: true,
    take: takeNumbers,
    emit: (site) => emitNumber(site, `${arg(site, 0)} / ${arg(site, 1)}`, divideLong),
  },
  wholeQuotient,
  remainder,
  negation,
  absolute,
]
