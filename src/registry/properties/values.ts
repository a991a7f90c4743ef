/** Properties read one by one: what has been read is known, so that what has not can be named. */
import { readFileSync } from 'node:fs'
import { StreamError } from '../../base/errors.ts'

export class PropertyReader {
  readonly #properties: Readonly<Record<string, string>>
  readonly #read = new Set<string>()

  constructor(properties: Readonly<Record<string, string>>) {
    this.#properties = properties
  }

  /** The first of these names that is there and not empty. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) this.#read.add(name)
    return names.map((name) => this.#properties[name]).find((value) => value !== undefined && value !== '')
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined || value === 'true' || value === 'false')
      return value === undefined ? undefined : value === 'true'
    throw wrong(name, 'true or false')
  }

  /** A whole number, at least `min`. */
  whole(name: string, min = 0): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (Number.isSafeInteger(number) && number >= min) return number
    throw wrong(name, `a whole number of at least ${min}`)
  }

  /** One of several words, or of the Java classes that end with one. */
  oneOf<T>(name: string, words: Readonly<Record<string, T>>): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const word = Object.keys(words).find((known) => value === known || value.endsWith(`.${known}`))
    if (word === undefined) throw wrong(name, `one of ${Object.keys(words).join(', ')}`)
    return words[word]
  }

  /** The text of a file that a property names. */
  file(name: string): string | undefined {
    const path = this.text(name)
    if (path === undefined) return undefined
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw new StreamError('FILE_UNREADABLE', `could not read "${path}" of "${name}"`, { cause: error })
    }
  }

  /** Names that nobody has read. */
  unread(): readonly string[] {
    return Object.keys(this.#properties).filter((name) => !this.#read.has(name))
  }
}

/** Secrets stand among these properties: their values are not shown. */
export function wrong(name: string, wanted: string): StreamError {
  return new StreamError('CONFIG_INVALID', `"${name}" is not ${wanted}`, {
    hint: 'Correct it in the settings of the schema registry.',
  })
}
