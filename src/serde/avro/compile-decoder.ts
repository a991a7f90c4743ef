/**
 * Turns a pair of schemas (the writer's and the reader's) into a function that decodes, once. The generated code is straight-line calls
 * of {@link AvroReader}; an object is one literal, so that all records of a schema have one shape. What a schema says reaches the
 * code as quoted text or through a pool of constants, never as source.
 *
 * What can never be read is an error when it is compiled, except in a branch of a union: that one is an error when it comes.
 */
import type { Logical } from '../../data/types.ts'
import type { AvroReader } from './avro-reader.ts'
import type { AvroEnum, AvroField, AvroRecord, AvroType, AvroUnion } from './avro-type.ts'
import { propertyName } from '../property-name.ts'
import { bigDecimalOfBytes } from './big-decimal.ts'
import { DefaultLiterals } from './default-literals.ts'
import { decimalOfBytes, durationOfBytes, uuidOfBytes } from './logical-values.ts'
import { branchFor, incompatible, incompatibleBecause, matches, readerField } from './match-types.ts'
import { itemBytesMin } from './item-bytes.ts'

export type Decode = (reader: AvroReader) => unknown

/** @throws StreamError `SCHEMA_INCOMPATIBLE` */
export function compileDecoder(writer: AvroType, reader: AvroType): Decode {
  const compiler = new DecoderCompiler()
  return compiler.build(`return ${compiler.read(writer, reader, '')}`) as Decode
}

const support = {
  decimal: decimalOfBytes,
  bigDecimal: bigDecimalOfBytes,
  duration: durationOfBytes,
  uuid: uuidOfBytes,
  utf8: (text: string) => new Uint8Array(Buffer.from(text)),
  text: (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(),
  /** A map may have any key, one that means something to JavaScript too. */
  set: (map: object, key: string, value: unknown) =>
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true }),
  fail: (error: Error): never => {
    throw error
  },
}

/** Collects the functions that a decoder is made of. */
export class DecoderCompiler {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []
  readonly #ids = new Map<AvroType, number>()
  readonly #known = new Map<string, string>()
  readonly #defaults = new DefaultLiterals()

  /** @param body - statements over `r`, the reader, and the names in `parameters` */
  build(body: string, parameters: readonly string[] = []): unknown {
    const source = `'use strict'; ${this.#functions.join('\n')}\nreturn (r${parameters.map((name) => `, ${name}`).join('')}) => { ${body} }`
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval -- generated from a checked schema; user text is data in it
    return (new Function('s', 'k', source) as (s: typeof support, k: unknown[]) => unknown)(
      support,
      this.#constants,
    )
  }

  /** An expression that reads a value. */
  read(writer: AvroType, reader: AvroType, path: string): string {
    if (writer.kind === 'union') return this.#readUnion(writer, reader, path)
    if (reader.kind === 'union') {
      const branch = branchFor(writer, reader.branches)
      if (branch === undefined) throw incompatible(writer, reader, path)
      return this.read(writer, branch, path)
    }
    if (!matches(writer, reader)) throw incompatible(writer, reader, path)
    switch (writer.kind) {
      case 'record':
        return this.#readRecord(writer, reader as AvroRecord, path)
      case 'enum':
        return this.#readEnum(writer, reader as AvroEnum)
      case 'array':
        return this.#readArray(writer.items, (reader as typeof writer).items, path)
      case 'map':
        return this.#readMap(writer.values, (reader as typeof writer).values, path)
      case 'fixed':
        return logicalOf(`r.readFixed(${writer.sizeBytes})`, (reader as typeof writer).logical)
      default:
        return readPrimitive(writer.kind, reader)
    }
  }

  /** A statement that passes over a value. */
  skip(writer: AvroType): string {
    switch (writer.kind) {
      case 'null':
        return ''
      case 'boolean':
        return 'r.skip(1);'
      case 'int':
      case 'enum':
        return 'r.readInt();'
      case 'long':
        return 'r.readLong();'
      case 'float':
        return 'r.skip(4);'
      case 'double':
        return 'r.skip(8);'
      case 'bytes':
      case 'string':
        return 'r.skipBytes();'
      case 'fixed':
        return `r.skip(${writer.sizeBytes});`
      default:
        return this.#skipCompound(writer)
    }
  }

  #skipCompound(writer: AvroType): string {
    const name = this.#function('s', [writer], () => {
      switch (writer.kind) {
        case 'array':
          return this.#loop(writer.items, this.skip(writer.items))
        case 'map':
          return this.#loop(writer.values, `r.skipBytes(); ${this.skip(writer.values)}`, 1)
        case 'union': {
          const cases = writer.branches.map((branch, index) => `case ${index}: ${this.skip(branch)} return;`)
          return `switch (r.readInt()) { ${cases.join(' ')} default: r.badBranch() }`
        }
        case 'record':
          return guarded(writer, writer.fields.map(({ type }) => this.skip(type)).join(' '))
        default:
          return ''
      }
    })
    return `${name}(r);`
  }

  #loop(items: AvroType, body: string, keyBytes = 0): string {
    const least = itemBytesMin(items) + keyBytes
    return `for (let n = r.readBlock(${least}); n > 0; n = r.readBlock(${least})) for (; n > 0; n--) { ${body} }`
  }

  #readArray(writer: AvroType, reader: AvroType, path: string): string {
    const name = this.#function('a', [writer, reader], () => {
      const item = this.read(writer, reader, `${path}[]`)
      return `const out = []; ${this.#loop(writer, `out.push(${item})`)} return out`
    })
    return `${name}(r)`
  }

  #readMap(writer: AvroType, reader: AvroType, path: string): string {
    const name = this.#function('m', [writer, reader], () => {
      const value = this.read(writer, reader, `${path}{}`)
      const body = `const key = r.readString(); if (key === '__proto__') s.set(out, key, ${value}); else out[key] = ${value}`
      return `const out = {}; ${this.#loop(writer, body, 1)} return out`
    })
    return `${name}(r)`
  }

  #readUnion(writer: AvroUnion, reader: AvroType, path: string): string {
    const name = this.#function('u', [writer, reader], () => {
      const cases = writer.branches.map(
        (branch, index) => `case ${index}: return ${this.#readBranch(branch, reader, path)};`,
      )
      return `switch (r.readInt()) { ${cases.join(' ')} default: r.badBranch() }`
    })
    return `${name}(r)`
  }

  #readBranch(branch: AvroType, reader: AvroType, path: string): string {
    const target = reader.kind === 'union' ? branchFor(branch, reader.branches) : reader
    if (target === undefined || !matches(branch, target))
      return this.#fail(incompatible(branch, reader, path))
    try {
      return this.read(branch, target, path)
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): string {
    return `s.fail(${this.#constant(error)})`
  }

  #readEnum(writer: AvroEnum, reader: AvroEnum): string {
    const fallback = reader.fallback ?? undefined
    const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : fallback))
    const table = this.#constant(symbols)
    const name = this.#function('e', [writer, reader], () => {
      const unknown = incompatibleBecause(
        `enum "${reader.name}" has no symbol for what was written, and no default`,
        '',
      )
      return `const index = r.readInt(); const symbol = ${table}[index]; if (symbol !== undefined) return symbol;
        if (index < 0 || index >= ${symbols.length}) r.badSymbol(); ${this.#fail(unknown)}`
    })
    return `${name}(r)`
  }

  #readRecord(writer: AvroRecord, reader: AvroRecord, path: string): string {
    const name = this.#function('r', [writer, reader], () => {
      const locals = new Map<AvroField, string>()
      const statements = writer.fields.map((field, index) => {
        const target = readerField(reader, field)
        if (target === undefined || locals.has(target)) return this.skip(field.type)
        locals.set(target, `v${index}`)
        return `const v${index} = ${this.read(field.type, target.type, `${path}.${target.name}`)};`
      })
      const properties = reader.fields.map((field) => {
        const value = locals.get(field) ?? this.fallback(field, path)
        return `${propertyName(field.name)}: ${value}`
      })
      return guarded(writer, statements.join(' '), `const out = { ${properties.join(', ')} };`, 'return out')
    })
    return `${name}(r)`
  }

  /** The default of a field that the writer did not have, as an expression. */
  fallback(field: AvroField, path: string): string {
    if (field.fallback === undefined)
      throw incompatibleBecause('the field was not written and has no default', `${path}.${field.name}`)
    return this.#defaults.of(field.type, field.fallback)
  }

  #constant(value: unknown): string {
    this.#constants.push(value)
    return `k[${this.#constants.length - 1}]`
  }

  /** One function for each kind and pair of types; declared before its body is made, so that types may refer to themselves. */
  #function(prefix: string, types: readonly AvroType[], body: () => string): string {
    const key = `${prefix}${types.map((type) => this.#idOf(type)).join('_')}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, key)
    try {
      this.#functions.push(`function ${key}(r) { ${body()} }`)
    } catch (error) {
      this.#known.delete(key)
      throw error
    }
    return key
  }

  #idOf(type: AvroType): number {
    const id = this.#ids.get(type) ?? this.#ids.size
    this.#ids.set(type, id)
    return id
  }
}

/** A record that can hold itself watches how deep it is. */
function guarded({ recursive }: AvroRecord, ...statements: readonly string[]): string {
  if (!recursive) return statements.join(' ')
  const [first = '', ...others] = statements
  return `r.enter(); ${first} r.leave(); ${others.join(' ')}`
}

function readPrimitive(kind: string, reader: AvroType): string {
  switch (kind) {
    case 'null':
      return 'null'
    case 'boolean':
      return 'r.readBoolean()'
    case 'int':
      return 'r.readInt()'
    case 'long':
      return reader.kind === 'long' ? 'r.readLong()' : 'Number(r.readLong())'
    case 'float':
      return 'r.readFloat()'
    case 'double':
      return 'r.readDouble()'
    case 'string':
      return reader.kind === 'bytes' ? logicalOf('s.utf8(r.readString())', reader.logical) : 'r.readString()'
    default:
      return reader.kind === 'string'
        ? 's.text(r.readBytes())'
        : logicalOf('r.readBytes()', (reader as { readonly logical?: Logical }).logical)
  }
}

function logicalOf(bytes: string, logical: Logical | undefined): string {
  switch (logical?.kind) {
    case 'decimal':
      return `s.decimal(${bytes}, ${logical.scale})`
    case 'big-decimal':
      return `s.bigDecimal(${bytes})`
    case 'duration':
      return `s.duration(${bytes})`
    case 'uuid':
      return `s.uuid(${bytes})`
    default:
      return bytes
  }
}
