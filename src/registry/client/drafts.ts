import { createHash } from 'node:crypto'
import type { NamedSchema, SchemaDraft } from '../contracts.ts'

const keys = new WeakMap<SchemaDraft, string>()

/** Equal for equal drafts. A digest: each of many that refer to each other would hold the texts of all before it. */
export function draftKey(draft: SchemaDraft): string {
  const known = keys.get(draft)
  if (known !== undefined) return known
  const { type, text, references = [] } = draft
  const whole = JSON.stringify([type, text, references.map(({ name, draft }) => [name, draftKey(draft)])])
  const key = createHash('sha256').update(whole).digest('base64')
  keys.set(draft, key)
  return key
}

/** All that a draft refers to, what is referred to first; each name once. */
export function flattened(draft: SchemaDraft): readonly NamedSchema[] {
  const found = new Map<string, NamedSchema>()
  const visit = ({ references = [] }: SchemaDraft): void => {
    for (const { name, draft: referred } of references) {
      if (found.has(name)) continue
      visit(referred)
      found.set(name, { name, text: referred.text })
    }
  }
  visit(draft)
  return [...found.values()]
}
