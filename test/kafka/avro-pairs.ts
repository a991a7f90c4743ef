/** Avro schemas made at random, and what evolution makes of them: most pairs are nearly compatible. */
import type { Random } from '../../src/base/random.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']

class Generator {
  readonly #random: Random
  #names = 0

  constructor(random: Random) {
    this.#random = random
  }

  record(depth = 0): Json {
    const fields = Array.from({ length: 1 + this.#random.below(4) }, (_, index) =>
      this.#field(`f${index}`, depth),
    )
    const name = `R${this.#names++}`
    return { type: 'record', name, ...(this.#chance(3) ? { namespace: 'n.s' } : {}), fields }
  }

  type(depth: number): Json {
    const kind = this.#random.below(depth > 2 ? 8 : 14)
    if (kind < 8) return primitives[this.#random.below(8)] ?? 'null'
    if (kind === 8) return { type: 'array', items: this.type(depth + 1) }
    if (kind === 9) return { type: 'map', values: this.type(depth + 1) }
    if (kind === 10) return { type: 'fixed', name: `F${this.#names++}`, size: 1 + this.#random.below(4) }
    if (kind === 11) return this.#enum()
    if (kind === 12) return this.#union(depth)
    return this.record(depth + 1)
  }

  #field(name: string, depth: number): Json {
    const type = this.type(depth)
    const fallback = this.#default(type)
    return { name, type, ...(fallback === undefined || this.#chance(2) ? {} : { default: fallback }) }
  }

  #enum(): Json {
    const symbols = ['A', 'B', 'C', 'D'].slice(0, 1 + this.#random.below(4))
    return {
      type: 'enum',
      name: `E${this.#names++}`,
      ...(this.#chance(3) ? { doc: 'says "what"' } : {}),
      symbols,
      ...(this.#chance(3) ? { default: 'A' } : {}),
    }
  }

  #union(depth: number): Json {
    const chosen = primitives.filter(() => this.#chance(3))
    return this.#chance(2) ? [...chosen, this.record(depth + 1)] : chosen.length === 0 ? ['null'] : chosen
  }

  #default(type: Json): Json | undefined {
    const defaults: Readonly<Record<string, Json>> = {
      null: null,
      boolean: true,
      int: 7,
      long: -7,
      float: 1.5,
      double: 2.25,
      bytes: '\u00FF',
      string: 'é',
    }
    return typeof type === 'string' ? defaults[type] : undefined
  }

  /** One change somewhere, as people make them; now and then none, now and then several. */
  evolve(schema: Json): Json {
    if (typeof schema === 'string')
      return this.#chance(4) ? (primitives[this.#random.below(8)] ?? 'int') : schema
    if (isList(schema)) return this.#evolveUnion(schema)
    if (schema === null || typeof schema !== 'object') return schema
    const { type, items, values, fields, symbols } = schema
    if (type === 'array') return { ...schema, items: this.evolve(items ?? null) }
    if (type === 'map') return { ...schema, values: this.evolve(values ?? null) }
    if (type === 'fixed') return this.#chance(3) ? { ...schema, size: 1 + this.#random.below(4) } : schema
    if (type === 'enum' && isList(symbols ?? null))
      return this.#chance(2) ? { ...schema, symbols: [...(symbols as Json[]), 'Z'] } : schema
    if (type === 'record' && isList(fields ?? null))
      return this.#evolveRecord(schema, fields as readonly Json[])
    return schema
  }

  #evolveUnion(branches: readonly Json[]): Json {
    if (this.#chance(4)) return branches.slice(0, 1)
    return this.#chance(3)
      ? branches.map((branch) => (typeof branch === 'string' ? branch : this.evolve(branch)))
      : branches
  }

  #evolveRecord(record: Readonly<Record<string, Json>>, fields: readonly Json[]): Json {
    const kept = fields.filter(() => !this.#chance(8))
    const evolved = kept.map((field) => {
      const { type, default: _, ...rest } = field as Readonly<Record<string, Json>>
      if (!this.#chance(3)) return field
      if (this.#chance(4))
        return {
          ...rest,
          name: `${textOf(rest['name'])}x`,
          aliases: [rest['name'] ?? ''],
          type: type ?? null,
        }
      return { ...rest, type: this.evolve(type ?? null) }
    })
    const added = this.#chance(3) ? [this.#field(`added${this.#names++}`, 2)] : []
    const renamed = this.#chance(8) ? { name: `${textOf(record['name'])}x` } : {}
    const aliases = this.#chance(2) && 'name' in renamed ? { aliases: [record['name'] ?? ''] } : {}
    return { ...record, ...renamed, ...aliases, fields: [...evolved, ...added] }
  }

  #chance(oneIn: number): boolean {
    return this.#random.below(oneIn) === 0
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

export interface AvroPair {
  readonly reader: string
  readonly writer: string
}

export function avroPairs(random: Random, count: number): readonly AvroPair[] {
  return Array.from({ length: count }, () => {
    const generator = new Generator(random)
    const writer = random.below(4) === 0 ? generator.type(0) : generator.record()
    const reader = random.below(10) === 0 ? generator.type(0) : generator.evolve(writer)
    return { reader: JSON.stringify(reader), writer: JSON.stringify(writer) }
  })
}
