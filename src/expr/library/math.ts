import type { DataType } from '../../data/types.ts'
import type { CallSite } from '../emit/context.ts'
import { isFloatingKind, isNumberKind, isWholeKind } from '../values/compare.ts'
import { checkedWhole } from './arithmetic.ts'
import { powerOfTen, roundHalfAway } from '../../data/decimal-scale.ts'
import { rescale } from '../values/decimals.ts'
import { fail } from '../values/failure.ts'
import { toLong, type Whole } from '../values/integers.ts'
import { arg, double, int, takes, type ScalarFunction } from './scalar-function.ts'

/** Functions of doubles that JavaScript has; `domain` fails outside of where they are defined. */
function ofDoubles(
  names: readonly string[],
  member: string,
  domain?: (value: number) => number,
): ScalarFunction {
  return {
    names,
    nulls: 'strict',
    total: true,
    take: (args) => args.map(() => double),
    emit: (site) => {
      const first = domain === undefined ? arg(site, 0) : `${site.constant(domain)}(${arg(site, 0)})`
      return `Math.${member}(${[first, ...site.args.slice(1)].join(', ')})`
    },
  }
}

function formula(names: readonly string[], code: (value: string) => string): ScalarFunction {
  return { names, nulls: 'strict', total: true, take: takes(double), emit: (site) => code(arg(site, 0)) }
}

function logarithmDomain(value: number): number {
  return value <= 0 ? fail('a logarithm needs a number above zero') : value
}

function rootDomain(value: number): number {
  return value < 0 ? fail('a square root needs a number that is not negative') : value
}

function arcDomain(value: number): number {
  return value < -1 || value > 1 ? fail('an arc function needs a number from -1 to 1') : value
}

function finiteDomain(value: number): number {
  return value === Infinity || value === -Infinity
    ? fail('a trigonometric function needs a finite number')
    : value
}

/** ROUND, FLOOR, CEIL, TRUNC: `whole` does it for doubles without digits. */
function rounding(names: readonly string[], whole: (value: number) => number): ScalarFunction {
  return {
    names,
    nulls: 'strict',
    total: true,
    take: ([first, digits], result) => {
      if (first === undefined || !isNumberKind(result)) return undefined
      const subject = result.kind === 'decimal' ? first : result
      return digits === undefined ? [subject] : [subject, int]
    },
    emit: (site) => {
      const code = emitRounding(site, whole)
      return site.type.kind === 'float' ? `Math.fround(${code})` : code
    },
  }
}

function emitRounding(site: CallSite, whole: (value: number) => number): string {
  const from = site.argTypes[0]
  const digits = arg(site, 1)
  const value = arg(site, 0)
  if (site.args.length === 1) {
    if (from !== undefined && isWholeKind(from)) return value
    if (from?.kind === 'decimal') return `${site.constant(decimalRounding(whole, from.scale))}(${value})`
    return `${site.constant(whole)}(${value})`
  }
  if (from !== undefined && isWholeKind(from)) {
    const round = whole === roundHalfAway ? roundWhole : truncateWhole
    return checkedWhole(site, `${site.constant(round)}(${value}, ${digits})`)
  }
  if (from?.kind === 'decimal') {
    const scale = from.scale
    return `${site.constant((x: number, n: number) => rescale(x, scale, n, whole))}(${value}, ${digits})`
  }
  return `${site.constant((x: number, n: number) => roundDigits(whole, x, n))}(${value}, ${digits})`
}

function decimalRounding(whole: (value: number) => number, scale: number): (value: number) => number {
  return whole === roundHalfAway ? (value) => rescale(value, scale, 0) : (value) => whole(value) + 0
}

function roundDigits(whole: (value: number) => number, value: number, digits: number): number {
  const power = powerOfTen(Math.abs(digits))
  const scaled = digits < 0 ? whole(value / power) * power : whole(value * power) / power
  if (Number.isFinite(scaled)) return scaled
  return digits < 0 ? 0 : value
}

/** Digits below zero round tens and hundreds. */
function roundWhole(value: Whole, digits: number): Whole {
  if (digits >= 0) return value
  const power = 10n ** BigInt(-digits)
  const half = value < 0 ? -power / 2n : power / 2n
  return toLong(((BigInt(value) + half) / power) * power)
}

function truncateWhole(value: Whole, digits: number): Whole {
  if (digits >= 0) return value
  const power = 10n ** BigInt(-digits)
  return toLong((BigInt(value) / power) * power)
}

function sign(value: Whole): number {
  if (value > 0) return 1
  return value < 0 ? -1 : 0
}

function logarithm(value: number, base?: number): number {
  if (base === undefined) return Math.log10(logarithmDomain(value))
  return Math.log10(logarithmDomain(base)) / Math.log10(logarithmDomain(value))
}

function takeDoubles(args: readonly DataType[]): readonly DataType[] {
  return args.map(() => double)
}

export const mathFunctions: readonly ScalarFunction[] = [
  ofDoubles(['sin'], 'sin', finiteDomain),
  ofDoubles(['cos'], 'cos', finiteDomain),
  ofDoubles(['tan'], 'tan', finiteDomain),
  ofDoubles(['asin'], 'asin', arcDomain),
  ofDoubles(['acos'], 'acos', arcDomain),
  ofDoubles(['atan'], 'atan'),
  ofDoubles(['atan2'], 'atan2'),
  ofDoubles(['sqrt'], 'sqrt', rootDomain),
  ofDoubles(['cbrt'], 'cbrt'),
  ofDoubles(['exp'], 'exp'),
  ofDoubles(['pow', 'power', '**', '^'], 'pow'),
  ofDoubles(['ln'], 'log', logarithmDomain),
  ofDoubles(['log2'], 'log2', logarithmDomain),
  {
    names: ['log', 'log10'],
    nulls: 'strict',
    total: true,
    take: takeDoubles,
    emit: (site) => `${site.constant(logarithm)}(${site.args.join(', ')})`,
  },
  formula(['radians'], (value) => `${value} * ${Math.PI / 180}`),
  formula(['degrees'], (value) => `${value} * ${180 / Math.PI}`),
  { names: ['pi'], nulls: 'strict', total: true, take: takes(), emit: () => String(Math.PI) },
  rounding(['round'], roundHalfAway),
  rounding(['floor'], Math.floor),
  rounding(['ceil', 'ceiling'], Math.ceil),
  rounding(['trunc'], Math.trunc),
  {
    names: ['sign'],
    nulls: 'strict',
    total: true,
    take: (args) => args,
    emit: (site) => `${site.constant(sign)}(${arg(site, 0)})`,
  },
  {
    names: ['isnan'],
    nulls: 'strict',
    total: true,
    take: ([type]) => [type !== undefined && isFloatingKind(type) ? type : double],
    emit: (site) => `${arg(site, 0)} !== ${arg(site, 0)}`,
  },
]
