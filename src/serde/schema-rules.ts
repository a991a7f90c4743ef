import { StreamError } from '../base/errors.ts'
import type { RegisteredSchema } from '../registry/contracts.ts'

/**
 * Values are not written without the encryption that their schema asks for, nor read as what they are encrypted to.
 *
 * @throws StreamError `SCHEMA_INCOMPATIBLE` where a schema has rules that would have to be run
 */
export function refuseRules({ rules }: RegisteredSchema, use: 'reading' | 'writing'): void {
  const names = rules?.[use] ?? []
  if (names.length === 0) return
  throw new StreamError('SCHEMA_INCOMPATIBLE', `the schema has rules for ${use} that are not run here`, {
    detail: `They are called ${names.map((name) => `"${name}"`).join(', ')}.`,
    hint: 'Disable them in the registry, or let a client that runs them stand between: one that decrypts into another topic, say.',
  })
}
