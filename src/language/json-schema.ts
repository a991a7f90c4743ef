import { configSchema } from './definition/fields/config-fields.ts'
import { definitionSchema, sqlFileSchema } from './definition/fields/file-fields.ts'
import { runnerSchema } from './definition/fields/runner-fields.ts'
import type { JsonDefinitions, JsonSchema } from './schema/field.ts'
import { refer } from './schema/object.ts'

const subjects = {
  definition: [definitionSchema, sqlFileSchema],
  runner: [runnerSchema, configSchema],
} as const

/** The JSON Schema of definition or runner files, for editors; made of the same tables that files are read by. */
export function jsonSchemaOf(subject: keyof typeof subjects): JsonSchema {
  const definitions: JsonDefinitions = new Map()
  const anyOf = subjects[subject].map((schema) => refer(schema, definitions))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Weft ${subject} file`,
    anyOf,
    $defs: Object.fromEntries(definitions),
  }
}
