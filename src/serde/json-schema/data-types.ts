import { isObject } from '../../data/is-object.ts'
import type { DataType, Field } from '../../data/types.ts'

type Json = Readonly<Record<string, unknown>>

const depthMax = 32

/** What functions see of values of a JSON Schema; what it leaves open is `any`. */
export function typeOfJsonSchema(schema: Json, references: ReadonlyMap<string, Json>): DataType {
  return new JsonSchemaTypes(schema, references).of(schema, 0)
}

class JsonSchemaTypes {
  readonly #root: Json
  readonly #references: ReadonlyMap<string, Json>

  constructor(root: Json, references: ReadonlyMap<string, Json>) {
    this.#root = root
    this.#references = references
  }

  of(schema: unknown, depth: number): DataType {
    if (!isObject(schema) || depth > depthMax) return { kind: 'any' }
    const { $ref: reference, enum: symbols, anyOf, oneOf } = schema
    if (typeof reference === 'string') return this.of(this.#resolve(reference), depth + 1)
    if (Array.isArray(symbols)) return enumOf(symbols)
    const members = anyOf ?? oneOf
    if (Array.isArray(members)) return unionOf(members.map((member) => this.of(member, depth + 1)))
    const { type } = schema
    if (Array.isArray(type)) return unionOf(type.map((one) => this.#typed(one, schema, depth)))
    return this.#typed(type ?? (isObject(schema['properties']) ? 'object' : undefined), schema, depth)
  }

  #typed(type: unknown, schema: Json, depth: number): DataType {
    switch (type) {
      case 'string':
        return { kind: 'string' }
      case 'boolean':
      case 'null':
        return { kind: type }
      case 'integer':
        return { kind: 'long' }
      case 'number':
        return { kind: 'double' }
      case 'array':
        return { kind: 'list', of: this.of(schema['items'], depth + 1) }
      case 'object':
        return this.#object(schema, depth)
      default:
        return { kind: 'any' }
    }
  }

  #object({ properties, required, additionalProperties, title }: Json, depth: number): DataType {
    if (!isObject(properties))
      return isObject(additionalProperties)
        ? { kind: 'map', of: this.of(additionalProperties, depth + 1) }
        : { kind: 'struct' }
    const needed: readonly unknown[] = Array.isArray(required) ? required : []
    const fields = Object.entries(properties).map(([name, inner]): Field => ({
      name,
      type: this.of(inner, depth + 1),
      required: needed.includes(name),
    }))
    return { kind: 'struct', fields, ...(typeof title === 'string' ? { name: title } : {}) }
  }

  /** Within the schema by a JSON pointer, or another one by its name. */
  #resolve(reference: string): unknown {
    const [name = '', pointer = ''] = reference.split('#')
    let at: unknown = name === '' ? this.#root : this.#references.get(name)
    for (const part of pointer.split('/').slice(1)) {
      const step = part.replaceAll('~1', '/').replaceAll('~0', '~')
      at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined
    }
    return at
  }
}

function enumOf(values: readonly unknown[]): DataType {
  const symbols = values.filter((value) => value !== null)
  return symbols.every((value) => typeof value === 'string') ? { kind: 'enum', symbols } : { kind: 'any' }
}

/** Null belongs to every type. */
function unionOf(members: readonly DataType[]): DataType {
  const others = members.filter(({ kind }) => kind !== 'null')
  const [only] = others
  return others.length === 1 && only !== undefined ? only : { kind: 'union', of: others }
}
