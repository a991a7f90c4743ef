/** Messages that have a field for each case of the corpus, one for each syntax: what a serialiser has to know, in few schemas. */
import { protoCases } from './corpus-fixture.ts'

export interface EveryMessage {
  readonly name: string
  readonly schema: string
  /** As many as the case that has most: the others begin again. */
  readonly values: readonly Readonly<Record<string, unknown>>[]
  /** What is read of each: with defaults. */
  readonly read: readonly Readonly<Record<string, unknown>>[]
}

const syntaxes = ['syntax = "proto3";', 'syntax = "proto2";', 'edition = "2023";']

/** @param without - names of cases that somebody cannot take */
export function everyProtoField(without?: RegExp): readonly EveryMessage[] {
  return syntaxes.flatMap((syntax) => {
    const cases = protoCases
      .filter(({ name, schema }) => schema.startsWith(syntax) && without?.test(name) !== true)
      .map((one) => ({ ...one, field: one.name.replaceAll(/\W+/g, '_').toLowerCase() }))
    return cases.length === 0 ? [] : [together(syntax, cases)]
  })
}

type Case = (typeof protoCases)[number] & { readonly field: string }

function together(syntax: string, cases: readonly Case[]): EveryMessage {
  const imports = new Set(cases.flatMap(({ schema }) => schema.match(/import "[^"]+";/g) ?? []))
  const label = syntax.includes('proto2') ? 'optional ' : ''
  const fields = cases.map(({ field }, index) => `  ${label}M${index} ${field} = ${index + 1};\n`)
  const bodies = cases.map(({ schema }, index) =>
    schema
      .replace(syntax, '')
      .replaceAll(/import "[^"]+";/g, '')
      .replaceAll(/\b([MN])\b/g, `$1${index}`)
      .trim(),
  )
  const count = Math.max(...cases.map(({ values }) => values.length))
  const each = (value: (one: Case['values'][number]) => unknown): EveryMessage['values'] =>
    Array.from({ length: count }, (_, index) =>
      Object.fromEntries(
        cases.map(({ field, values }) => [
          field,
          value(values[index % values.length] as Case['values'][number]),
        ]),
      ),
    )
  return {
    name: syntax.replaceAll(/\W+/g, '-').replace(/-$/, ''),
    schema: [
      syntax,
      'package corpus;',
      ...imports,
      `message Everything {\n${fields.join('')}}`,
      ...bodies,
      '',
    ].join('\n'),
    values: each(({ value }) => value),
    read: each(({ value, read = value }) => read),
  }
}
