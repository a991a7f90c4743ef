import type { DataType } from '../../data/types.ts'
import type { CallSite } from '../emit/context.ts'
import {
  expressionMatcher,
  insensitiveLikeMatcher,
  likeMatcher,
  rememberLast,
  type Matcher,
} from '../values/patterns.ts'
import {
  codePointLength,
  leftText,
  lowerText,
  padText,
  positionOf,
  replaceText,
  reverseText,
  rightText,
  splitPart,
  substring,
  trimText,
  upperText,
} from '../values/text.ts'
import { arg, calls, int, takes, text, type ScalarFunction } from './scalar-function.ts'

type Implementation = (...args: never[]) => unknown

function strict(
  names: readonly string[],
  types: readonly DataType[],
  implementation: Implementation,
): ScalarFunction {
  return { names, nulls: 'strict', total: true, take: takes(...types), emit: calls(implementation) }
}

/** The last `optional` of the types may be left out. */
function strictOptional(
  names: readonly string[],
  types: readonly DataType[],
  optional: number,
  implementation: Implementation,
): ScalarFunction {
  const least = types.length - optional
  const take: ScalarFunction['take'] = (args) =>
    args.length >= least && args.length <= types.length ? types.slice(0, args.length) : undefined
  return { names, nulls: 'strict', total: true, take, emit: calls(implementation) }
}

function trim(names: readonly string[], ends: 'left' | 'right' | 'both'): ScalarFunction {
  return strictOptional(names, [text, text], 1, (value: string, characters = ' ') =>
    trimText(value, characters, ends),
  )
}

/** A pattern that is a literal is compiled once; its text does not stand in the generated code. */
function pattern(
  names: readonly string[],
  make: (pattern: string, more?: string) => Matcher,
  negate = '',
): ScalarFunction {
  return {
    names,
    nulls: 'strict',
    total: true,
    take: (args) => (args.length === 2 || args.length === 3 ? args.map(() => text) : undefined),
    emit: (site) => {
      const [fixed, more] = [site.literalText(1), site.literalText(2)]
      if (site.args.length === 3 && more === undefined)
        return `${negate}${site.constant(matchesWith(make))}(${site.args.join(', ')})`
      if (fixed !== undefined) return `${negate}${site.constant(make(fixed, more))}(${arg(site, 0)})`
      const matches = site.constant(rememberLast((source) => make(source, more)))
      return `${negate}${matches}(${arg(site, 0)}, ${arg(site, 1)})`
    },
  }
}

/** Where escape or options come from a row, too. */
function matchesWith(make: (pattern: string, more: string) => Matcher) {
  return (value: string, source: string, more: string): boolean => make(source, more)(value)
}

const isScalarText = (type: DataType): boolean =>
  !['list', 'struct', 'map', 'tuple', 'union', 'any'].includes(type.kind)

function takeTexts(args: readonly DataType[]): readonly DataType[] | undefined {
  return args.every(isScalarText) ? args.map(() => text) : undefined
}

/** NULL counts as empty. */
function emitConcat(site: CallSite): string {
  return site.args.map((name) => `(${name} ?? '')`).join(' + ')
}

function joinTexts(separator: string | null, ...parts: readonly (string | null)[]): string | null {
  return separator === null ? null : parts.filter((part) => part !== null).join(separator)
}

export const textFunctions: readonly ScalarFunction[] = [
  {
    names: ['||'],
    nulls: 'strict',
    total: true,
    take: takeTexts,
    emit: (site) => site.args.join(' + '),
  },
  { names: ['concat'], nulls: 'own', total: true, take: takeTexts, emit: emitConcat },
  { names: ['concat_ws'], nulls: 'own', take: takeTexts, emit: calls(joinTexts) },
  strict(['lower', 'lcase'], [text], lowerText),
  strict(['upper', 'ucase'], [text], upperText),
  strict(['char_length', 'character_length'], [text], codePointLength),
  strict(['strlen'], [text], (value: string) => Buffer.byteLength(value)),
  strict(['reverse'], [text], reverseText),
  strict(['repeat'], [text, int], (value: string, count: number) => value.repeat(Math.max(0, count))),
  strict(['left'], [text, int], leftText),
  strict(['right'], [text, int], rightText),
  strictOptional(['substr', 'substring'], [text, int, int], 1, substring),
  strict(['replace'], [text, text, text], replaceText),
  strict(['split_part'], [text, text, int], splitPart),
  strict(['strpos', 'instr', 'position'], [text, text], positionOf),
  strict(['starts_with', 'prefix', '^@'], [text, text], (value: string, part: string) =>
    value.startsWith(part),
  ),
  strict(['ends_with', 'suffix'], [text, text], (value: string, part: string) => value.endsWith(part)),
  strict(['contains'], [text, text], (value: string, part: string) => value.includes(part)),
  strict(['lpad'], [text, int, text], (value: string, count: number, filler: string) =>
    padText(value, count, filler, 'left'),
  ),
  strict(['rpad'], [text, int, text], (value: string, count: number, filler: string) =>
    padText(value, count, filler, 'right'),
  ),
  trim(['trim'], 'both'),
  trim(['ltrim'], 'left'),
  trim(['rtrim'], 'right'),
  pattern(['~~', 'like_escape'], likeMatcher),
  pattern(['!~~', 'not_like_escape'], likeMatcher, '!'),
  pattern(['~~*', 'ilike_escape'], insensitiveLikeMatcher),
  pattern(['!~~*', 'not_ilike_escape'], insensitiveLikeMatcher, '!'),
  pattern(['regexp_matches'], (source, options = '') => expressionMatcher(source, options, false)),
  pattern(['regexp_full_match', '~'], (source, options = '') => expressionMatcher(source, options, true)),
]
