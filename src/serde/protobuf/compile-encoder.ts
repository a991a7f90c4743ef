/**
 * Turns a message's descriptor into a function that encodes, once: fields in the order of their numbers. Generated code throws a bare
 * {@link Misfit} for a value that does not fit; what and where is found afterwards, so that the path of good values carries nothing for it.
 */
import { isObject } from '../../data/is-object.ts'
import type { DescEnum, DescMessage } from '@bufbuild/protobuf'
import { fieldsOf, tagOf, wireType, type Element, type ProtoField, type ScalarName } from './fields.ts'
import type { ProtoWriter } from './proto-writer.ts'

export type Encode = (writer: ProtoWriter, value: unknown) => void

export function compileEncoder(message: DescMessage): Encode {
  const compiler = new EncoderCompiler()
  return compiler.build(compiler.message(message)) as Encode
}

const support = { isObject }

class EncoderCompiler {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []
  readonly #known = new Map<unknown, string>()

  build(name: string): unknown {
    const source = `'use strict'; ${this.#functions.join('\n')}\nreturn (w, v) => ${name}(w, v)`
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval -- generated from a linked descriptor; user text is data in it
    return (new Function('s', 'k', source) as (s: typeof support, k: unknown[]) => unknown)(
      support,
      this.#constants,
    )
  }

  message(message: DescMessage): string {
    return this.#function(message, () => {
      const fields = fieldsOf(message)
      const statements = fields.map((field, index) => this.#field(field, `v${index}`))
      return `(w, v) { if (!s.isObject(v)) w.misfit(); ${oneofChecks(fields)} ${statements.join(' ')} }`
    })
  }

  #field(field: ProtoField, local: string): string {
    const read = `const ${local} = v[${JSON.stringify(field.name)}];`
    const given = `${local} !== null && ${local} !== undefined`
    switch (field.shape) {
      case 'single': {
        const missing = field.presence === 'required' ? ' else w.misfit();' : ''
        return `${read} if (${given}) { ${this.#single(field, field.element, local)} }${missing}`
      }
      case 'list':
        return `${read} if (${given}) { if (!Array.isArray(${local})) w.misfit(); ${this.#list(field, local)} }`
      case 'map':
        return `${read} if (${given}) ${this.#map(field)}(w, ${local});`
    }
  }

  #single(field: ProtoField, element: Element, local: string): string {
    const write = this.#write(element, field.number, local)
    if (field.presence !== 'implicit' || element.kind === 'message') return write
    // Checked though nothing is written: a value that does not fit is an error whatever it is.
    return `${checkOf(element, local, (type) => this.#numberOf(type))} if (${isNotDefault(element, local)}) { ${write} }`
  }

  #list(field: ProtoField & { readonly shape: 'list' }, local: string): string {
    const { element, number } = field
    if (!field.packed)
      return `for (let i = 0; i < ${local}.length; i++) { const x = ${local}[i]; ${this.#write(element, number, 'x')} }`
    const item = `const x = ${local}[i]; ${this.#value(element, 'x')}`
    return `if (${local}.length > 0) { w.uint32(${tagOf(number, 2)}); const at = w.enter(); for (let i = 0; i < ${local}.length; i++) { ${item} } w.leave(at); }`
  }

  #map(field: ProtoField & { readonly shape: 'map' }): string {
    const { key, element, number } = field
    return this.#function(field, () => {
      const writeKey = this.#write({ kind: 'scalar', scalar: key }, 1, 'key')
      return `(w, map) { if (!s.isObject(map)) w.misfit(); const names = Object.keys(map); for (let i = 0; i < names.length; i++) {
        const key = ${keyOf(key)}; const x = map[names[i]]; w.uint32(${tagOf(number, 2)}); const at = w.enter(); ${writeKey} ${this.#write(element, 2, 'x')} w.leave(at); } }`
    })
  }

  /** Tag and value. */
  #write(element: Element, number: number, local: string): string {
    const tag = `w.uint32(${tagOf(number, wireType(element))});`
    if (element.kind !== 'message') return `${tag} ${this.#value(element, local)}`
    const name = this.message(element.message)
    return element.group
      ? `${tag} ${name}(w, ${local}); w.uint32(${tagOf(number, 4)});`
      : `${tag} { const at = w.enter(); ${name}(w, ${local}); w.leave(at); }`
  }

  /** A value without tag, checked. */
  #value(element: Element, local: string): string {
    const check = checkOf(element, local, (type) => this.#numberOf(type))
    if (element.kind === 'enum') return `w.int32(${this.#numberOf(element.enum)}(w, ${local}));`
    return element.kind === 'scalar'
      ? `${check} w.${writerMethod(element.scalar)}(${converted(element.scalar, local)});`
      : ''
  }

  #numberOf(type: DescEnum): string {
    return this.#function(type, () => {
      this.#constants.push(new Map(type.values.map(({ name, number }) => [name, number])))
      const table = `k[${this.#constants.length - 1}]`
      return `(w, v) { if (typeof v === 'number' && (v | 0) === v) return v; const n = ${table}.get(v); if (n === undefined) w.misfit(); return n }`
    })
  }

  #function(key: unknown, make: () => string): string {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const name = `f${this.#known.size}`
    this.#known.set(key, name)
    this.#functions.push(`function ${name}${make()}`)
    return name
  }
}

/** No more than one member of each group may be set. */
function oneofChecks(fields: readonly ProtoField[]): string {
  const groups = Map.groupBy(
    fields.filter(({ oneof }) => oneof !== undefined),
    ({ oneof }) => oneof,
  )
  return [...groups.values()]
    .filter((members) => members.length > 1)
    .map((members) => {
      const set = members.map(({ name }) => `(v[${JSON.stringify(name)}] == null ? 0 : 1)`)
      return `if (${set.join(' + ')} > 1) w.misfit();`
    })
    .join(' ')
}

const whole = (local: string, min: string, max: string): string =>
  `if (!(typeof ${local} === 'number' ? Number.isSafeInteger(${local}) : typeof ${local} === 'bigint') || ${local} < ${min} || ${local} > ${max}) w.misfit();`

function checkOf(element: Element, local: string, numberOf: (type: DescEnum) => string): string {
  if (element.kind === 'enum') return `${numberOf(element.enum)}(w, ${local});`
  if (element.kind === 'message') return ''
  switch (element.scalar) {
    case 'string':
      return `if (typeof ${local} !== 'string') w.misfit();`
    case 'bytes':
      return `if (!(${local} instanceof Uint8Array)) w.misfit();`
    case 'bool':
      return `if (typeof ${local} !== 'boolean') w.misfit();`
    case 'float':
    case 'double':
      return `if (typeof ${local} !== 'number' && typeof ${local} !== 'bigint') w.misfit();`
    case 'uint32':
    case 'fixed32':
      return whole(local, '0', '4294967295')
    case 'uint64':
    case 'fixed64':
      return whole(local, '0', '18446744073709551615n')
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return whole(local, '-9223372036854775808n', '9223372036854775807n')
    default:
      return whole(local, '-2147483648', '2147483647')
  }
}

function isNotDefault(element: Element, local: string): string {
  if (element.kind === 'enum') {
    const [first] = element.enum.values
    return `${local} !== ${JSON.stringify(first?.name ?? '')} && ${local} !== 0`
  }
  switch ((element as { readonly scalar: ScalarName }).scalar) {
    case 'bool':
      return local
    case 'string':
    case 'bytes':
      return `${local}.length > 0`
    case 'float':
    case 'double':
      return `${local} != 0 || Object.is(${local}, -0)`
    default:
      return `${local} != 0`
  }
}

/** 32-bit numbers may come as bigints, and the writer's methods do arithmetic on them. */
function converted(scalar: ScalarName, local: string): string {
  return /64|string|bytes|bool/.test(scalar) ? local : `Number(${local})`
}

function writerMethod(scalar: ScalarName): string {
  if (scalar === 'sfixed32') return 'fixed32'
  if (scalar === 'sfixed64') return 'fixed64'
  return scalar === 'uint64' ? 'int64' : scalar
}

/** A map's key from its text. */
function keyOf(scalar: ScalarName): string {
  switch (scalar) {
    case 'string':
      return 'names[i]'
    case 'bool':
      return "names[i] === 'true' ? true : names[i] === 'false' ? false : w.misfit()"
    default:
      return '/^-?\\d{1,20}$/.test(names[i]) ? BigInt(names[i]) : w.misfit()'
  }
}
