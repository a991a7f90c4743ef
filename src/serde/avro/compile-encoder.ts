/**
 * Turns a schema into a function that encodes, once. Generated code throws a bare {@link Misfit} for a value that does not fit; what and
 * where is found afterwards by `explainMisfit`, so that the path of good values carries nothing for it.
 */
import { isObject } from '../../data/is-object.ts'
import { Misfit } from '../misfit.ts'
import type { AvroWriter } from './avro-writer.ts'
import type {
  AvroEnum,
  AvroField,
  AvroPrimitive,
  AvroFixed,
  AvroRecord,
  AvroType,
  AvroUnion,
} from './avro-type.ts'
import { DefaultLiterals } from './default-literals.ts'
import { bytesOfBigDecimal } from './big-decimal.ts'
import { bytesOfDecimal, bytesOfDuration, bytesOfUuid, endOfDay, isUuid } from './logical-values.ts'
import { fits } from './fits.ts'

export type Encode = (writer: AvroWriter, value: unknown) => void

export function compileEncoder(type: AvroType): Encode {
  const compiler = new EncoderCompiler()
  return compiler.build(compiler.write(type, 'v')) as Encode
}

const support = {
  decimal: bytesOfDecimal,
  bigDecimal: bytesOfBigDecimal,
  duration: bytesOfDuration,
  uuid: bytesOfUuid,
  isUuid,
  fits,
  isObject,
  isFloat: (value: unknown): boolean => typeof value === 'number' && Object.is(Math.fround(value), value),
  /** Records and maps within themselves would never end. */
  deep: (): never => {
    throw new Misfit('deep')
  },
}

const depthMax = 500

export class EncoderCompiler {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []
  readonly #known = new Map<AvroType, string>()
  readonly #defaults = new DefaultLiterals()

  build(body: string): unknown {
    const source = `'use strict'; let depth = 0; ${this.#functions.join('\n')}\nreturn (w, v) => { depth = 0; ${body} }`
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval -- generated from a checked schema; user text is data in it
    return (new Function('s', 'k', source) as (s: typeof support, k: unknown[]) => unknown)(
      support,
      this.#constants,
    )
  }

  /** Statements that write the value of an expression, which is evaluated more than once. */
  write(type: AvroType, value: string): string {
    switch (type.kind) {
      case 'null':
        return `if (${value} !== null && ${value} !== undefined) w.misfit();`
      case 'boolean':
        return `w.writeBoolean(${value});`
      case 'int':
        return `${timeCheck(type, value)}w.writeInt(${value});`
      case 'long':
        return `${timeCheck(type, value)}w.writeLong(${value});`
      case 'float':
        return `w.writeFloat(${value});`
      case 'double':
        return `w.writeDouble(${value});`
      case 'string':
        return type.logical?.kind === 'uuid'
          ? `if (!s.isUuid(${value})) w.misfit(); w.writeString(${value});`
          : `w.writeString(${value});`
      case 'bytes':
        return `w.writeBytes(${bytesOf(type, value)});`
      case 'fixed':
        return `w.writeFixed(${bytesOf(type, value)}, ${type.sizeBytes});`
      default:
        return `${this.#compound(type)}(w, ${value});`
    }
  }

  #compound(type: AvroType): string {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const name = `f${this.#known.size}`
    this.#known.set(type, name)
    this.#functions.push(`function ${name}(w, v) { ${this.#body(type)} }`)
    return name
  }

  #body(type: AvroType): string {
    switch (type.kind) {
      case 'record':
        return this.#record(type)
      case 'enum':
        return this.#enum(type)
      case 'array':
        return `if (!Array.isArray(v)) w.misfit(); w.beginBlock(v.length);
          for (let i = 0; i < v.length; i++) { const item = v[i]; ${this.write(type.items, 'item')} } w.endBlocks();`
      case 'map':
        return `if (!s.isObject(v)) w.misfit(); const keys = Object.keys(v); w.beginBlock(keys.length);
          for (let i = 0; i < keys.length; i++) { const key = keys[i]; w.writeString(key); const item = v[key]; ${this.write(type.values, 'item')} } w.endBlocks();`
      case 'union':
        return this.#union(type)
      default:
        return ''
    }
  }

  #record({ fields, recursive }: AvroRecord): string {
    const statements = fields.map((field, index) => this.#field(field, `v${index}`))
    const body = `if (typeof v !== 'object' || v === null) w.misfit(); ${statements.join(' ')}`
    return recursive ? `if (++depth > ${depthMax}) s.deep(); ${body} depth--;` : body
  }

  #field({ name, type, fallback }: AvroField, local: string): string {
    const value = `v[${JSON.stringify(name)}]`
    if (fallback === undefined || isNullFirst(type, fallback))
      return `const ${local} = ${value}; ${this.write(type, local)}`
    const literal = this.#defaults.of(type, fallback)
    return `let ${local} = ${value}; if (${local} === undefined) ${local} = ${literal}; ${this.write(type, local)}`
  }

  #enum({ symbols }: AvroEnum): string {
    const table = this.#constant(new Map(symbols.map((symbol, index) => [symbol, index])))
    return `const index = ${table}.get(v); if (index === undefined) w.misfit(); w.writeIndex(index);`
  }

  /** Null and one other type need no search; branches that JavaScript tells apart need none either. */
  #union({ branches }: AvroUnion): string {
    const cases = branches.map((branch, index) => {
      const test = branch.kind === 'null' ? 'v === null || v === undefined' : this.#test(branch, branches)
      return `if (${test}) { w.writeIndex(${index}); ${this.write(branch, 'v')} return }`
    })
    return `${cases.join(' ')} w.misfit();`
  }

  /** JavaScript that holds where the value belongs to this branch and to none before it. */
  #test(branch: AvroType, branches: readonly AvroType[]): string {
    const others = branches.filter(({ kind }) => kind !== 'null')
    if (others.length === 1) return 'v !== null && v !== undefined'
    // What a float would round, a double keeps.
    if (branch.kind === 'float' && others.some(({ kind }) => kind === 'double')) return 's.isFloat(v)'
    const rough = roughType(branch)
    if (others.every((other) => other === branch || roughType(other) !== rough)) return roughTests[rough]
    return `s.fits(${this.#constant(branch)}, v)`
  }

  #constant(value: unknown): string {
    this.#constants.push(value)
    return `k[${this.#constants.length - 1}]`
  }
}

type Rough = 'boolean' | 'number' | 'string' | 'bytes' | 'array' | 'object'

const roughTests: Readonly<Record<Rough, string>> = {
  boolean: "typeof v === 'boolean'",
  number: "typeof v === 'number' || typeof v === 'bigint'",
  string: "typeof v === 'string'",
  bytes: 'v instanceof Uint8Array',
  array: 'Array.isArray(v)',
  object: 's.isObject(v)',
}

/** Refuses times that no day has. */
function timeCheck({ logical }: AvroPrimitive, value: string): string {
  const end = logical === undefined ? undefined : endOfDay(logical)
  return end === undefined ? '' : `if (!(${value} >= 0 && ${value} < ${end})) w.misfit(); `
}

/** What JavaScript sees of values of a type. Decimals are text, numbers too: they count as text, and are looked at closely. */
function roughType(type: AvroType): Rough {
  switch (type.kind) {
    case 'boolean':
      return 'boolean'
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return 'number'
    case 'string':
    case 'enum':
      return 'string'
    case 'bytes':
    case 'fixed':
      return type.logical?.kind === 'duration' ? 'object' : type.logical === undefined ? 'bytes' : 'string'
    case 'array':
      return 'array'
    default:
      return 'object'
  }
}

/** An absent field of this type is written as null without further ado. */
function isNullFirst(type: AvroType, fallback: unknown): boolean {
  return fallback === null && (type.kind === 'null' || type.kind === 'union')
}

function bytesOf({ kind, logical, ...rest }: AvroPrimitive | AvroFixed, value: string): string {
  const size = kind === 'fixed' ? `, ${(rest as { sizeBytes: number }).sizeBytes}` : ''
  switch (logical?.kind) {
    case 'decimal':
      return `s.decimal(${value}, ${JSON.stringify({ precision: logical.precision, scale: logical.scale })}${size})`
    case 'big-decimal':
      return `s.bigDecimal(${value})`
    case 'duration':
      return `s.duration(${value})`
    case 'uuid':
      return `s.uuid(${value})`
    default:
      return value
  }
}
