import type { StreamError } from '../../base/errors.ts'
import { letterId, type DeadLetter } from '../../workload/dead-letters.ts'
import type { Output } from '../output.ts'
import { formatCount } from './progress.ts'

/** Of those that one topic does not take for one reason, so many are named. */
const namedMax = 20

/** Says which letters could not be sent back and why: each at once, what to do about them at the end. */
export class LeftLetters {
  readonly #output: Output
  readonly #groups = new Map<string, { readonly source: string; count: number }>()
  readonly #hints = new Set<string>()
  count = 0

  constructor(output: Output) {
    this.#output = output
  }

  add(letter: DeadLetter, { code, message, detail, hint }: StreamError): void {
    const { topic: source, partition, offset } = letter
    const group = this.#groups.get(`${code} ${source}`) ?? { source, count: 0 }
    this.#groups.set(`${code} ${source}`, group)
    group.count++
    this.count++
    if (hint !== undefined) this.#hints.add(hint)
    if (group.count > namedMax) return
    const reason = detail === undefined ? message : `${message}. ${detail}`
    this.#output.note(
      `left letter ${letterId(letter.letter)}, from ${source}-${partition} at ${offset}: ${code}: ${reason}`,
    )
  }

  finish(): void {
    if (this.count === 0) return
    for (const { source, count } of this.#groups.values())
      if (count > namedMax) this.#output.note(`left ${formatCount(count - namedMax)} more, from ${source}`)
    for (const hint of this.#hints) this.#output.note(`Hint: ${hint}`)
    this.#output.note(
      `left ${formatCount(this.count)} that cannot go back now; the same command tries them again`,
    )
  }
}
