/**
 * Turns a message's descriptor into a function that decodes, once: a loop over tags that fills local variables, then one object literal, so
 * that all values of a message have one shape. Names reach the code as quoted text only.
 */
import type { DescEnum, DescMessage } from '@bufbuild/protobuf'
import { propertyName } from '../property-name.ts'
import { fieldsOf, tagOf, wireType, type Element, type ProtoField } from './fields.ts'
import type { ProtoReader } from './proto-reader.ts'

export type Decode = (reader: ProtoReader) => unknown

export function compileDecoder(message: DescMessage): Decode {
  const compiler = new DecoderCompiler()
  const name = compiler.message(message)
  return compiler.build(`return ${name}(r, null, 0)`) as Decode
}

const support = {
  /** A map may have any key, one that means something to JavaScript too. */
  set: (map: object, key: string, value: unknown) =>
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true }),
}

/** Wire types that end a message and a group. */
const length = 2
const groupStart = 3
const groupEnd = 4

export class DecoderCompiler {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []
  readonly #known = new Map<unknown, string>()

  /** @param body - statements over `r`, the reader, and the names in `parameters` */
  build(body: string, parameters: readonly string[] = []): unknown {
    const source = `'use strict'; ${this.#functions.join('\n')}\nreturn (${['r', ...parameters].join(', ')}) => { ${body} }`
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval -- generated from a linked descriptor; user text is data in it
    return (new Function('s', 'k', source) as (s: typeof support, k: unknown[]) => unknown)(
      support,
      this.#constants,
    )
  }

  /**
   * The name of a function that reads a message up to the reader's end, or to the end tag of its group. What came before is merged with:
   * a message may be written in parts.
   */
  message(message: DescMessage): string {
    return this.#function(message, 'm', () => {
      const fields = fieldsOf(message)
      const locals = fields.map((field, index) => `f${index} = ${this.initial(field)}`)
      const merged = fields.map((field, index) => `f${index} = p[${JSON.stringify(field.name)}];`)
      const properties = fields.map((field, index) => `${propertyName(field.name)}: f${index}`)
      const declared =
        locals.length === 0 ? '' : `let ${locals.join(', ')}; if (p !== null) { ${merged.join(' ')} }`
      return `(r, p, g) { ${declared} ${this.loop(fields)} return { ${properties.join(', ')} } }`
    })
  }

  /** Reads all fields into locals `f0`, `f1`, …; those of `wanted` only, where it is given. */
  loop(fields: readonly ProtoField[], wanted: (field: ProtoField) => boolean = () => true): string {
    const cases = fields.flatMap((field, index) => (wanted(field) ? this.#cases(field, index, fields) : []))
    return `let ended = g === 0; loop: while (r.at < r.end) { const t = r.tag(); switch (t) { ${cases.join(' ')}
      default: if (t === g) { ended = true; break loop } r.skip(t) } } if (!ended) r.cut();`
  }

  /** What a field has where nothing was written. */
  initial(field: ProtoField): string {
    if (field.shape === 'list') return '[]'
    if (field.shape === 'map') return '{}'
    return this.#fallback(field.element, field)
  }

  #fallback(element: Element, { presence, fallback }: Pick<ProtoField, 'presence' | 'fallback'>): string {
    if (presence !== 'implicit' && fallback === undefined) return 'null'
    if (element.kind === 'message') return 'null'
    if (element.kind === 'enum') return JSON.stringify(enumName(element.enum, fallback as number | undefined))
    return scalarLiteral(element.scalar, fallback)
  }

  #cases(field: ProtoField, index: number, fields: readonly ProtoField[]): string[] {
    const local = `f${index}`
    const type = wireType(field.shape === 'map' ? { kind: 'scalar', scalar: 'string' } : field.element)
    const tag = tagOf(field.number, type)
    switch (field.shape) {
      case 'single': {
        const others = fields.flatMap((other, at) =>
          field.oneof !== undefined && other.oneof === field.oneof && other !== field
            ? [`f${at} = null;`]
            : [],
        )
        return [
          `case ${tag}: ${others.join(' ')} ${local} = ${this.#read(field.element, field.number, local)}; break;`,
        ]
      }
      case 'list': {
        const item = this.#read(field.element, field.number, 'null')
        const single = `case ${tag}: ${local}.push(${item}); break;`
        if (type === length || type === groupStart) return [single]
        // Packed or not, a reader takes both.
        const packed = `case ${tagOf(field.number, length)}: { const o = r.enter(); while (r.at < r.end) ${local}.push(${item}); r.leave(o); break }`
        return [single, packed]
      }
      case 'map':
        return [`case ${tag}: ${this.#entry(field)}(r, ${local}); break;`]
    }
  }

  #read(element: Element, number: number, previous: string): string {
    switch (element.kind) {
      case 'scalar':
        return `r.${element.scalar}()`
      case 'enum':
        return `${this.#enum(element.enum)}(r.int32())`
      case 'message': {
        const name = this.message(element.message)
        return element.group
          ? `${this.#nested(name, tagOf(number, groupEnd))}(r, ${previous})`
          : `${this.#nested(name, 0)}(r, ${previous})`
      }
    }
  }

  /** Reads a message with its length before it, or a group with its end tag behind it. */
  #nested(name: string, end: number): string {
    return this.#function(`${name} ${end}`, 'n', () =>
      end === 0
        ? `(r, p) { const o = r.enter(); const out = ${name}(r, p, 0); r.leave(o); return out }`
        : `(r, p) { r.enterGroup(); const out = ${name}(r, p, ${end}); r.leaveGroup(); return out }`,
    )
  }

  #entry(field: ProtoField & { readonly shape: 'map' }): string {
    const { key, element } = field
    const keyCode = `case ${tagOf(1, wireType({ kind: 'scalar', scalar: key }))}: key = r.${key}(); break;`
    const valueCode = `case ${tagOf(2, wireType(element))}: value = ${this.#read(element, 2, 'value')}; break;`
    const initialValue =
      element.kind === 'message'
        ? 'null'
        : this.#fallback(element, { presence: 'implicit', fallback: undefined })
    // At its end the reader gives a message with nothing in it.
    const empty =
      element.kind === 'message'
        ? `if (value === null) value = ${this.message(element.message)}(r, null, 0);`
        : ''
    return this.#function(
      field,
      'e',
      () =>
        `(r, map) { const o = r.enter(); let key = ${scalarLiteral(key, undefined)}; let value = ${initialValue};
        while (r.at < r.end) { const t = r.tag(); switch (t) { ${keyCode} ${valueCode} default: r.skip(t) } }
        ${empty} r.leave(o); key = String(key); if (key === '__proto__') s.set(map, key, value); else map[key] = value }`,
    )
  }

  /** Names of values by number; a number that the schema does not know stays one. */
  #enum(type: DescEnum): string {
    return this.#function(type, 'x', () => {
      const names = new Map<number, string>()
      for (const { number, name } of type.values) if (!names.has(number)) names.set(number, name)
      this.#constants.push(names)
      return `(n) { const name = k[${this.#constants.length - 1}].get(n); return name === undefined ? n : name }`
    })
  }

  /** One function for each thing; named before it is made, so that messages may hold themselves. */
  #function(key: unknown, prefix: string, make: () => string): string {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const name = `${prefix}${this.#known.size}`
    this.#known.set(key, name)
    this.#functions.push(`function ${name}${make()}`)
    return name
  }
}

function enumName(type: DescEnum, number: number | undefined): string {
  const value = type.values.find((candidate) => candidate.number === number) ?? type.values[0]
  return value?.name ?? ''
}

function scalarLiteral(scalar: string, fallback: unknown): string {
  switch (scalar) {
    case 'bool':
      return fallback === true ? 'true' : 'false'
    case 'string':
      return JSON.stringify(fallback ?? '')
    case 'bytes':
      return `Uint8Array.of(${[...((fallback as Uint8Array | undefined) ?? [])].join(', ')})`
    default:
      return numberLiteral(fallback)
  }
}

function numberLiteral(value: unknown): string {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? String(value) : `${value}n`
  return typeof value === 'number' ? String(value) : '0'
}
