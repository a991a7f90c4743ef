/** One Avro record that has a field for each case of the corpus: what a serialiser has to know, in one schema. */
import { avroCases } from './corpus-fixture.ts'

export interface Everything {
  readonly schema: string
  /** As many as the case that has most: the others begin again. */
  readonly values: readonly Readonly<Record<string, unknown>>[]
}

/** @param without - names of cases that somebody cannot take */
export function everyAvroType(without?: RegExp): Everything {
  const cases = avroCases
    .filter(({ name }) => without?.test(name) !== true)
    .map((one) => ({ ...one, field: one.name.replaceAll(/\W+/g, '_') }))
  const fields = cases.map(({ field, schema }, index) => ({ name: field, type: renamed(schema, index) }))
  const count = Math.max(...cases.map(({ values }) => values.length))
  return {
    schema: JSON.stringify({ type: 'record', name: 'Everything', namespace: 'corpus', fields }),
    values: Array.from({ length: count }, (_, index) =>
      Object.fromEntries(cases.map(({ field, values }) => [field, values[index % values.length]])),
    ),
  }
}

/** Named types of different cases share names. */
function renamed(schema: unknown, index: number): unknown {
  const names = [...JSON.stringify(schema).matchAll(/"name":"([A-Z]\w*)"/g)].map(([, name]) => name)
  return JSON.parse(
    JSON.stringify(schema).replaceAll(
      new RegExp(`"((?:[\\w.]*\\.)?(?:${['-', ...names].join('|')}))"`, 'g'),
      `"$1${index}"`,
    ),
  )
}
