/**
 * The patterns by which a runner file names topics, groups and transactional ids in a cluster that several share:
 * `{tenant}-{environment}-{topic}`. One placeholder stands for the name itself, the others for properties of the file.
 */
import type { SourceSpan } from '../../base/errors.ts'
import { plainNames, type NamePattern } from '../../topology/name-pattern.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { Located } from '../query-definition.ts'
import type { NamedEntry } from '../schema/collections.ts'

export interface NamePatterns {
  readonly topic: NamePattern
  readonly group: NamePattern
  readonly transaction: NamePattern
  /** The properties that they are made of. */
  readonly properties: ReadonlySet<string>
}

/** By property: its placeholder for the name itself, with what else that is called. */
const kinds = {
  topic: { property: 'topic.pattern', itself: ['topic'] },
  group: { property: 'group.id.pattern', itself: ['group.id', 'group'] },
  transaction: { property: 'transactional.id.pattern', itself: ['transactional.id'] },
} as const

/** Of a file that says nothing of them. */
export const plainPatterns: NamePatterns = {
  topic: plainNames,
  group: plainNames,
  transaction: plainNames,
  properties: new Set(),
}

type Properties = readonly NamedEntry<Located<string>>[]

export function resolvePatterns(kafka: Properties, diagnostics: Diagnostics): NamePatterns {
  const properties = new Set<string>()
  const resolve = (kind: keyof typeof kinds): NamePattern => {
    const { property, itself } = kinds[kind]
    const entry =
      kafka.find(({ name }) => name === `axual.${property}`) ?? kafka.find(({ name }) => name === property)
    if (entry?.value === undefined) return plainNames
    properties.add(entry.name)
    return (
      new PatternReader(entry.value, itself, { name: entry.name, kafka, properties, diagnostics }).read() ??
      plainNames
    )
  }
  return { topic: resolve('topic'), group: resolve('group'), transaction: resolve('transaction'), properties }
}

interface PatternContext {
  /** Of the property. */
  readonly name: string
  readonly kafka: Properties
  /** Takes those that are read. */
  readonly properties: Set<string>
  readonly diagnostics: Diagnostics
}

class PatternReader {
  readonly #text: string
  readonly #span: SourceSpan
  readonly #itself: readonly string[]
  readonly #context: PatternContext

  constructor({ value, span }: Located<string>, itself: readonly string[], context: PatternContext) {
    this.#text = value.trim()
    this.#span = span
    this.#itself = itself
    this.#context = context
  }

  /** Undefined, and a complaint, where the pattern is wrong. */
  read(): NamePattern | undefined {
    if (!/^(?:[$#-]*\{[A-Za-z0-9_.]+\})+[$#-]*$/.test(this.#text))
      return this.#refuse('is no pattern of names', {
        detail: 'It is made of placeholders in braces; between them stand "-", "#" and "$" only.',
        hint: `Write, for example, "{tenant}-{${this.#itself[0]}}".`,
      })
    if (this.#text.includes('}{'))
      return this.#refuse('has two placeholders side by side', { hint: 'Put "-" between them.' })
    const parts = this.#text.split(/\{([A-Za-z0-9_.]+)\}/)
    const at = parts.findIndex((part, index) => index % 2 === 1 && this.#itself.includes(part))
    if (at === -1)
      return this.#refuse(`lacks "{${this.#itself[0]}}"`, { hint: 'Add it: it stands for the name itself.' })
    const before = this.#fill(parts.slice(0, at))
    const after = this.#fill(parts.slice(at + 1))
    return before === undefined || after === undefined ? undefined : { before, after }
  }

  /** Literals at even places, placeholders at odd ones. */
  #fill(parts: readonly string[]): string | undefined {
    const texts = parts.map((part, index) => (index % 2 === 0 ? part : this.#valueOf(part)))
    return texts.includes(undefined) ? undefined : texts.join('')
  }

  #valueOf(placeholder: string): string | undefined {
    const { kafka, properties } = this.#context
    const found =
      kafka.find(({ name }) => name === placeholder) ??
      kafka.find(({ name }) => name === `axual.${placeholder}`)
    if (found?.value === undefined)
      return this.#refuse(`asks for "${placeholder}", which "kafka" does not say`, {
        hint: suggest(
          placeholder,
          kafka.map(({ name }) => name),
          'properties',
        ),
      })
    properties.add(found.name)
    if (/^[A-Za-z0-9_.]+$/.test(found.value.value)) return found.value.value
    return this.#refuse(`cannot take the value of "${placeholder}"`, {
      detail: 'It may hold letters, digits, "_" and "." only.',
      hint: 'Change the value.',
    })
  }

  #refuse(what: string, more: { readonly detail?: string; readonly hint: string }): undefined {
    const { name, diagnostics } = this.#context
    diagnostics.error('CONFIG_INVALID', `"${name}" ${what}`, this.#span, more)
  }
}
