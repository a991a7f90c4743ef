/** Defaults of a schema as JavaScript: a literal makes a new object for each record, so that none shares another's. */
import type { Logical } from '../../data/types.ts'
import { StreamError } from '../../base/errors.ts'
import { propertyName } from '../property-name.ts'
import { branchOfDefault } from './check-default.ts'
import type { AvroType } from './avro-type.ts'
import { bigDecimalOfBytes } from './big-decimal.ts'
import { decimalOfBytes, durationOfBytes, uuidOfBytes } from './logical-values.ts'

/** A record's own default may be needed for its own default. */
const depthMax = 100

export class DefaultLiterals {
  #depth = 0

  /** @param value - the default as the schema has it, checked before */
  of(type: AvroType, value: unknown): string {
    this.#depth++
    if (this.#depth > depthMax)
      throw new StreamError('SCHEMA_INVALID', 'the defaults of an Avro schema have no end')
    const literal = this.#literal(type, value)
    this.#depth--
    return literal
  }

  #literal(type: AvroType, value: unknown): string {
    switch (type.kind) {
      case 'array':
        return `[${(value as unknown[]).map((item) => this.of(type.items, item)).join(', ')}]`
      case 'map':
        return this.#object(
          Object.entries(value as object).map(([key, item]) => [key, this.of(type.values, item)]),
        )
      case 'record': {
        const given = value as Readonly<Record<string, unknown>>
        return this.#object(
          type.fields.map((field) => [
            field.name,
            this.of(field.type, Object.hasOwn(given, field.name) ? given[field.name] : field.fallback),
          ]),
        )
      }
      case 'union': {
        const branch = type.branches[branchOfDefault(type.branches, value) ?? 0]
        return branch === undefined ? 'null' : this.of(branch, value)
      }
      case 'bytes':
      case 'fixed':
        return bytesLiteral(type.logical, value as string)
      case 'float':
      case 'double':
        return String(value)
      case 'long':
        return Number.isSafeInteger(value) ? String(value) : `${BigInt(value as number)}n`
      default:
        return JSON.stringify(value)
    }
  }

  #object(entries: readonly (readonly [name: string, value: string])[]): string {
    return `{ ${entries.map(([name, value]) => `${propertyName(name)}: ${value}`).join(', ')} }`
  }
}

function bytesLiteral(logical: Logical | undefined, text: string): string {
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  switch (logical?.kind) {
    case 'decimal':
      return JSON.stringify(decimalOfBytes(bytes, logical.scale))
    case 'big-decimal':
      return JSON.stringify(bigDecimalOfBytes(bytes))
    case 'uuid':
      return JSON.stringify(uuidOfBytes(bytes))
    case 'duration':
      return JSON.stringify(durationOfBytes(bytes))
    default:
      return `Uint8Array.of(${bytes.join(', ')})`
  }
}
