import type { NamedSchema, SchemaDraft } from '../contracts.ts'

/** Equal for equal drafts. */
export function draftKey({ type, text, references = [] }: SchemaDraft): string {
  return JSON.stringify([type, text, references.map(({ name, draft }) => [name, draftKey(draft)])])
}

/** All that a draft refers to, what is referred to first. */
export function flattened(draft: SchemaDraft): readonly NamedSchema[] {
  const found = new Map<string, NamedSchema>()
  for (const { name, draft: referred } of draft.references ?? []) {
    for (const inner of flattened(referred)) found.set(inner.name, inner)
    found.set(name, { name, text: referred.text })
  }
  return [...found.values()]
}
