/**
 * Reads regular expressions of RE2's kind, as clients send them to brokers: literals, `.`, classes, groups, alternatives, repetitions,
 * anchors, `(?i)` in front. What would need more than a step for each character, or more than this broker has, is refused.
 */

/** A regular expression taken apart. */
export type Pattern =
  | { readonly kind: 'character'; readonly accepts: (code: number) => boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly min: number; readonly max: number }

/** What is wrong with a pattern, for whoever wrote it. */
export class PatternProblem extends Error {}

const repeatMax = 1000
const nestingMax = 100
const newLine = 10

type Accepts = (code: number) => boolean

const classes: Readonly<Record<string, Accepts>> = {
  d: (code) => code >= 48 && code <= 57,
  w: (code) => /\w/.test(String.fromCharCode(code)),
  s: (code) => code === 9 || code === newLine || code === 12 || code === 13 || code === 32,
}
const controls: Readonly<Record<string, number>> = { t: 9, n: newLine, r: 13, f: 12, v: 11, a: 7 }

/** @throws PatternProblem */
export function parsePattern(text: string): Pattern {
  const ignoresCase = text.startsWith('(?i)')
  const parser = new Parser(ignoresCase ? text.slice(4) : text, ignoresCase)
  return parser.parse()
}

class Parser {
  readonly #text: string
  readonly #ignoresCase: boolean
  #at = 0
  #depth = 0

  constructor(text: string, ignoresCase: boolean) {
    this.#text = text
    this.#ignoresCase = ignoresCase
  }

  parse(): Pattern {
    const pattern = this.#choice()
    if (this.#at < this.#text.length) throw new PatternProblem(`unexpected "${this.#peek()}" at ${this.#at}`)
    return pattern
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #choice(): Pattern {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts }
  }

  #sequence(): Pattern {
    const parts: Pattern[] = []
    while (this.#at < this.#text.length && this.#peek() !== '|' && this.#peek() !== ')')
      parts.push(this.#repeated(this.#single()))
    return { kind: 'sequence', parts }
  }

  #repeated(part: Pattern): Pattern {
    const counts = this.#counts()
    if (counts === undefined) return part
    // How greedy it is decides nothing where the whole text has to fit.
    this.#take('?')
    if (/[*+?]/.test(this.#peek())) throw new PatternProblem(`nothing to repeat at ${this.#at}`)
    return { kind: 'repeat', part, ...counts }
  }

  #counts(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    return this.#braces()
  }

  #braces(): { min: number; max: number } | undefined {
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12))
    if (found === null) return undefined
    const [all, low = '', comma, high = ''] = found
    this.#at += all.length
    const min = Number(low)
    const bound = high === '' ? Number.POSITIVE_INFINITY : Number(high)
    const max = comma === undefined ? min : bound
    const tooMany = min > repeatMax || (max > repeatMax && max !== Number.POSITIVE_INFINITY)
    if (tooMany || min > max)
      throw new PatternProblem(`a repetition of ${all} is not possible; at most ${repeatMax}`)
    return { min, max }
  }

  #single(): Pattern {
    const start = this.#at
    const character = this.#peek()
    this.#at++
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'character', accepts: this.#folded(this.#class()) }
      case '.':
        return { kind: 'character', accepts: (code) => code !== newLine }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return this.#escaped()
      case '*':
      case '+':
      case '?':
        throw new PatternProblem(`nothing to repeat at ${start}`)
      default:
        return { kind: 'character', accepts: this.#folded(only(character.charCodeAt(0))) }
    }
  }

  #group(): Pattern {
    if (++this.#depth > nestingMax) throw new PatternProblem(`groups are nested more than ${nestingMax} deep`)
    const named = /^\?P?<\w+>/.exec(this.#text.slice(this.#at, this.#at + 80))
    if (named !== null) this.#at += named[0].length
    else if (this.#peek() === '?' && !this.#take('?:'))
      throw new PatternProblem(
        `a group of the kind "(${this.#text.slice(this.#at, this.#at + 2)}" is not supported`,
      )
    const inside = this.#choice()
    if (!this.#take(')')) throw new PatternProblem('a group is not closed')
    this.#depth--
    return inside
  }

  #escaped(): Pattern {
    if (this.#take('A')) return { kind: 'start' }
    if (this.#take('z')) return { kind: 'end' }
    return { kind: 'character', accepts: this.#folded(this.#escape()) }
  }

  /** Behind a backslash. */
  #escape(): Accepts {
    const character = this.#peek()
    this.#at++
    const lower = classes[character.toLowerCase()]
    if (lower !== undefined) return character === character.toLowerCase() ? lower : (code) => !lower(code)
    const control = controls[character]
    if (control !== undefined) return only(control)
    if (character === '' || /[A-Za-z0-9]/.test(character))
      throw new PatternProblem(`the escape "\\${character}" is not supported`)
    return only(character.charCodeAt(0))
  }

  /** Behind its bracket. */
  #class(): Accepts {
    const negated = this.#take('^')
    const members: Accepts[] = []
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#text.length) throw new PatternProblem('a class is not closed')
      members.push(this.#member())
    }
    this.#at++
    const inside = (code: number): boolean => members.some((accepts) => accepts(code))
    return negated ? (code) => !inside(code) : inside
  }

  #member(): Accepts {
    if (this.#text.startsWith('[:', this.#at)) throw new PatternProblem('classes by name are not supported')
    if (this.#take('\\')) return this.#escape()
    const low = this.#text.charCodeAt(this.#at++)
    const high = this.#text.charCodeAt(this.#at + 1)
    const isRange = this.#peek() === '-' && this.#text[this.#at + 1] !== ']' && !Number.isNaN(high)
    if (!isRange) return only(low)
    this.#at += 2
    if (high < low) throw new PatternProblem('a range in a class goes backwards')
    return (code) => code >= low && code <= high
  }

  #folded(accepts: Accepts): Accepts {
    if (!this.#ignoresCase) return accepts
    return (code) => {
      const text = String.fromCharCode(code)
      return accepts(text.toLowerCase().charCodeAt(0)) || accepts(text.toUpperCase().charCodeAt(0))
    }
  }
}

function only(wanted: number): Accepts {
  return (code) => code === wanted
}
