/**
 * Matches whole texts against regular expressions from outside in a time that is linear in the text, whatever the expression: each character is
 * looked at once, for all places of the expression that are possible there. JavaScript's own can take for ever.
 *
 * Source. K. Thompson, "Regular expression search algorithm"; R. Cox, "Regular Expression Matching Can Be Simple And Fast".
 */
import { parsePattern, PatternProblem, type Pattern } from './parse-pattern.ts'

export { PatternProblem }

type Step =
  | { readonly kind: 'character'; readonly accepts: (code: number) => boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'split'; to: number[] }
  | { readonly kind: 'match' }

/** What a request says of a pattern: null and the empty text are none. */
export function readPattern(text: string | null): LinearPattern | PatternProblem | undefined {
  if (text === null || text === '') return undefined
  try {
    return new LinearPattern(text)
  } catch (error) {
    if (error instanceof PatternProblem) return error
    throw error
  }
}

const textMax = 10_000
const stepsMax = 10_000

export class LinearPattern {
  readonly text: string
  readonly #steps: readonly Step[]

  /** @throws PatternProblem */
  constructor(text: string) {
    if (text.length > textMax) throw new PatternProblem(`it is longer than ${textMax} characters`)
    this.text = text
    this.#steps = compile(parsePattern(text))
  }

  /** Whether the whole text fits. */
  matches(text: string): boolean {
    let places = this.#closure([0], 0, text.length)
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const next: number[] = []
      for (const place of places) {
        const step = this.#steps[place]
        if (step?.kind === 'character' && step.accepts(code)) next.push(place + 1)
      }
      if (next.length === 0) return false
      places = this.#closure(next, at + 1, text.length)
    }
    return [...places].some((place) => this.#steps[place]?.kind === 'match')
  }

  /** All places that can be reached from these without a further character. */
  #closure(from: readonly number[], at: number, length: number): Set<number> {
    const reached = new Set<number>()
    const open = [...from]
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (reached.has(place)) continue
      reached.add(place)
      const step = this.#steps[place]
      if (step?.kind === 'split') open.push(...step.to)
      else if (step?.kind === 'start' && at === 0) open.push(place + 1)
      else if (step?.kind === 'end' && at === length) open.push(place + 1)
    }
    return reached
  }
}

function compile(pattern: Pattern): readonly Step[] {
  const steps: Step[] = []
  emit(pattern, steps)
  steps.push({ kind: 'match' })
  return steps
}

function emit(pattern: Pattern, steps: Step[]): void {
  if (steps.length > stepsMax) throw new PatternProblem(`it has more than ${stepsMax} steps`)
  switch (pattern.kind) {
    case 'sequence':
      for (const part of pattern.parts) emit(part, steps)
      break
    case 'choice':
      emitChoice(pattern.parts, steps)
      break
    case 'repeat':
      for (let count = 0; count < pattern.min; count++) emit(pattern.part, steps)
      if (pattern.max === Number.POSITIVE_INFINITY) emitLoop(pattern.part, steps)
      else emitOptional(pattern.part, pattern.max - pattern.min, steps)
      break
    default:
      steps.push(pattern)
  }
}

function emitChoice(parts: readonly Pattern[], steps: Step[]): void {
  const fork = { kind: 'split' as const, to: [] as number[] }
  steps.push(fork)
  const exits: { to: number[] }[] = []
  for (const part of parts) {
    fork.to.push(steps.length)
    emit(part, steps)
    const exit = { kind: 'split' as const, to: [] as number[] }
    exits.push(exit)
    steps.push(exit)
  }
  for (const exit of exits) exit.to.push(steps.length)
}

function emitLoop(part: Pattern, steps: Step[]): void {
  const start = steps.length
  const fork = { kind: 'split' as const, to: [start + 1] }
  steps.push(fork)
  emit(part, steps)
  steps.push({ kind: 'split', to: [start] })
  fork.to.push(steps.length)
}

function emitOptional(part: Pattern, times: number, steps: Step[]): void {
  const forks: { to: number[] }[] = []
  for (let count = 0; count < times; count++) {
    const fork = { kind: 'split' as const, to: [steps.length + 1] }
    forks.push(fork)
    steps.push(fork)
    emit(part, steps)
  }
  for (const fork of forks) fork.to.push(steps.length)
}
