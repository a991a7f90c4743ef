/**
 * The type strings of definitions: `string`, `json`, `[long]`, `map(struct)`, `(string, json)`, `avro:SensorData`.
 *
 *     type     := [notation ":"] body | notation
 *     body     := primitive | "map" | "struct" | list | tuple | enum | map | union | windowed | schema name
 *     list     := "[" type "]" | "list(" type ")"
 *     tuple    := "(" type {"," type} ")" | "tuple(" type {"," type} ")"
 *     map      := "map(" type ")"
 *     enum     := "enum(" literal {"," literal} ")"
 *     union    := "union(" type {"," type} ")"
 *     windowed := "windowed(" type ")"
 *
 * Without a notation, primitives are `binary` and compound types `json` text. Inner types inherit the outer notation where it can write them.
 */
import { StreamError } from '../base/errors.ts'
import type { DataType, Format, PrimitiveKind } from './types.ts'

/** A type string read: the format, and for tuples and lists those of the members, which keep their own notation. */
export interface TypeTree {
  readonly format: Format
  readonly members: readonly TypeTree[]
}

interface NotationFacts {
  /** What the bare notation means; absent: a schema must be named or looked up. */
  readonly bare?: DataType
  /** Whether `notation:Name` names a schema. */
  readonly schemas: boolean
  readonly primitives: boolean
}

const struct: DataType = { kind: 'struct' }
const anyList: DataType = { kind: 'list', of: { kind: 'any' } }
const registryFacts: NotationFacts = { bare: struct, schemas: true, primitives: false }

/** The notations that a type string can name. */
const notations: ReadonlyMap<string, NotationFacts> = new Map<string, NotationFacts>([
  ['binary', { bare: { kind: 'any' }, schemas: false, primitives: true }],
  ['default', { bare: { kind: 'any' }, schemas: false, primitives: true }],
  ['json', { bare: { kind: 'union', of: [struct, anyList] }, schemas: false, primitives: false }],
  ['csv', { bare: { kind: 'union', of: [struct, anyList] }, schemas: true, primitives: false }],
  ['xml', { bare: struct, schemas: true, primitives: false }],
  ['soap', { bare: struct, schemas: true, primitives: false }],
  ['avro', registryFacts],
  ['confluent_avro', registryFacts],
  ['apicurio_avro', registryFacts],
  ['jsonschema', registryFacts],
  ['confluent_jsonschema', registryFacts],
  ['apicurio_jsonschema', registryFacts],
  ['protobuf', registryFacts],
  ['confluent_protobuf', registryFacts],
  ['apicurio_protobuf', registryFacts],
])

const primitives: ReadonlyMap<string, PrimitiveKind> = new Map<string, PrimitiveKind>([
  ['any', 'any'],
  ['?', 'any'],
  ['null', 'null'],
  ['none', 'null'],
  ['boolean', 'boolean'],
  ['byte', 'byte'],
  ['short', 'short'],
  ['int', 'int'],
  ['integer', 'int'],
  ['long', 'long'],
  ['float', 'float'],
  ['double', 'double'],
  ['bytes', 'bytes'],
  ['string', 'string'],
  ['str', 'string'],
])

/** Words that begin a type, for suggestions. */
export const typeWords: readonly string[] = [
  ...primitives.keys(),
  ...notations.keys(),
  'map',
  'struct',
  'list',
  'tuple',
  'enum',
  'union',
  'windowed',
].filter((word) => word !== '?')

/**
 * Reads a type string.
 *
 * @throws StreamError `TYPE_INVALID`
 * @example parseType('long') // { notation: 'binary', type: { kind: 'long' } }
 */
export function parseType(text: string): Format {
  return parseTypeTree(text).format
}

/** Names of a configuration for notations, by what each is; they go before the names that are always there. */
export type NotationNames = ReadonlyMap<string, string>

const noNames: NotationNames = new Map()

/** Like {@link parseType}, with the formats of members. */
export function parseTypeTree(text: string, names: NotationNames = noNames): TypeTree {
  const reader = new TypeReader(text, names)
  const tree = reader.readType(undefined, 0)
  reader.expectEnd()
  return tree
}

const depthMax = 32

class TypeReader {
  readonly #text: string
  readonly #names: NotationNames
  #at = 0

  constructor(text: string, names: NotationNames) {
    this.#text = text
    this.#names = names
  }

  #factsOf(notation: string): NotationFacts | undefined {
    return notations.get(this.#names.get(notation) ?? notation.toLowerCase())
  }

  /** As it is configured, or in lower case. */
  #nameOf(notation: string): string {
    return this.#names.has(notation) ? notation : notation.toLowerCase()
  }

  /** @param inherited - the notation of what surrounds this type */
  readType(inherited: string | undefined, depth: number): TypeTree {
    if (depth > depthMax) throw invalid(this.#text, 'it is nested too deeply')
    this.#skipBlanks()
    if (this.#peek() === '[' || this.#peek() === '(') return this.#readBrackets(inherited, depth)
    const word = this.#readWord()
    const colon = word.indexOf(':')
    if (colon >= 0) return this.#readWithNotation(word.slice(0, colon), word.slice(colon + 1), depth)
    if (word === '')
      throw invalid(
        this.#text,
        this.#peek() === '' ? 'a type is missing' : `"${this.#peek()}" does not begin a type`,
      )
    if (this.#peek() === '(') return this.#readCall(word, { inherited, explicit: false, depth })
    const facts = this.#factsOf(word)
    if (facts !== undefined) return bareNotation(this.#text, this.#nameOf(word), facts)
    return this.#plainWord(word, inherited, false)
  }

  expectEnd(): void {
    this.#skipBlanks()
    if (this.#at < this.#text.length)
      throw invalid(this.#text, `"${this.#text.slice(this.#at)}" is left over`)
  }

  #readWithNotation(prefix: string, rest: string, depth: number): TypeTree {
    const notation = this.#nameOf(prefix.trim())
    if (this.#factsOf(notation) === undefined)
      throw invalid(
        this.#text,
        `"${prefix}" is not a notation`,
        `Use one of the notations: ${[...new Set([...this.#names.keys(), ...notations.keys()])].join(', ')}.`,
      )
    if (rest !== '' && this.#peek() === '(')
      return this.#readCall(rest, { inherited: notation, explicit: true, depth })
    if (rest !== '') return this.#plainWord(rest, notation, true)
    this.#skipBlanks()
    if (this.#peek() === '[' || this.#peek() === '(') return this.#readBrackets(notation, depth)
    throw invalid(this.#text, `a type is missing after "${prefix}:"`)
  }

  #readBrackets(notation: string | undefined, depth: number): TypeTree {
    const list = this.#peek() === '['
    this.#at++
    const members = this.#readMembers(list ? ']' : ')', notation, depth)
    return list ? listOf(this.#text, members, notation) : tupleOf(members, notation)
  }

  #readCall(
    name: string,
    within: { inherited: string | undefined; explicit: boolean; depth: number },
  ): TypeTree {
    this.#at++
    const notation = within.inherited
    if (name === 'enum') return this.#readEnum(notation)
    const members = this.#readMembers(')', notation, within.depth)
    const [first] = members
    const of = members.map((member) => member.format.type)
    switch (name) {
      case 'list':
        return listOf(this.#text, members, notation)
      case 'tuple':
        return tupleOf(members, notation)
      case 'union':
        return tree(notation ?? 'binary', { kind: 'union', of })
      case 'map':
      case 'windowed':
        if (first === undefined || members.length > 1)
          throw invalid(this.#text, `${name}(…) holds exactly one type`)
        return tree(notation ?? (name === 'map' ? 'json' : first.format.notation), {
          kind: name,
          of: first.format.type,
        })
      default:
        throw invalid(
          this.#text,
          `"${name}(…)" is not a type`,
          'Use list(…), map(…), tuple(…), union(…), enum(…) or windowed(…).',
        )
    }
  }

  #readMembers(close: string, notation: string | undefined, depth: number): TypeTree[] {
    const members: TypeTree[] = []
    for (;;) {
      members.push(this.readType(notation, depth + 1))
      this.#skipBlanks()
      const next = this.#peek()
      this.#at++
      if (next === close) return members
      if (next !== ',') throw invalid(this.#text, `"${close}" is missing`)
    }
  }

  #readEnum(notation: string | undefined): TypeTree {
    const end = this.#text.indexOf(')', this.#at)
    if (end < 0) throw invalid(this.#text, '")" is missing')
    const symbols = this.#text.slice(this.#at, end).split(',').map(unquote)
    this.#at = end + 1
    if (symbols.includes('')) throw invalid(this.#text, 'a symbol of the enum is empty')
    return tree(notation ?? 'binary', { kind: 'enum', symbols })
  }

  #plainWord(word: string, notation: string | undefined, explicit: boolean): TypeTree {
    const primitive = primitives.get(word)
    if (primitive !== undefined) return this.#primitive(word, primitive, explicit ? notation : undefined)
    if (word === 'map') return tree(notation ?? 'json', { kind: 'map', of: { kind: 'any' } })
    if (word === 'struct') return tree(notation ?? 'json', struct)
    if (notation !== undefined && this.#factsOf(notation)?.schemas === true)
      return { format: { notation, type: { kind: 'struct', name: word }, schema: word }, members: [] }
    const brackets = ['list', 'tuple', 'enum', 'union', 'windowed'].includes(word)
    if (brackets) throw invalid(this.#text, `"${word}" needs its members in brackets`)
    const within = word === this.#text.trim() ? '' : ` in "${this.#text}"`
    throw new StreamError('TYPE_INVALID', `no type is called "${word}"${within}`, { hint: examples })
  }

  #primitive(word: string, kind: PrimitiveKind, notation: string | undefined): TypeTree {
    if (notation === undefined || this.#factsOf(notation)?.primitives === true)
      return tree('binary', { kind })
    throw invalid(
      this.#text,
      `notation "${notation}" has no type "${word}" of its own`,
      `Write "${word}" without notation.`,
    )
  }

  #readWord(): string {
    const match = /[\w.:?-]*/y
    match.lastIndex = this.#at
    const word = match.exec(this.#text)?.[0] ?? ''
    this.#at += word.length
    return word
  }

  #skipBlanks(): void {
    while (this.#peek() === ' ' || this.#peek() === '\n' || this.#peek() === '\t') this.#at++
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }
}

function bareNotation(text: string, notation: string, facts: NotationFacts): TypeTree {
  if (facts.bare === undefined) throw invalid(text, `notation "${notation}" needs a schema`)
  return tree(notation === 'default' ? 'binary' : notation, facts.bare)
}

function listOf(text: string, members: readonly TypeTree[], notation: string | undefined): TypeTree {
  const [first] = members
  if (first === undefined || members.length > 1) throw invalid(text, 'a list holds exactly one type')
  return { format: { notation: compound(notation), type: { kind: 'list', of: first.format.type } }, members }
}

function tupleOf(members: readonly TypeTree[], notation: string | undefined): TypeTree {
  const type: DataType = { kind: 'tuple', of: members.map((member) => member.format.type) }
  return { format: { notation: compound(notation), type }, members }
}

function compound(notation: string | undefined): string {
  return notation === undefined || notation === 'default' ? 'json' : notation
}

function tree(notation: string, type: DataType): TypeTree {
  return { format: { notation: notation === 'default' ? 'binary' : notation, type }, members: [] }
}

function unquote(literal: string): string {
  const trimmed = literal.trim()
  return /^(["']).*\1$/.test(trimmed) && trimmed.length > 1 ? trimmed.slice(1, -1) : trimmed
}

const examples = 'Write, for example, "string", "long", "json", "[string]", "map(long)" or "(string, json)".'

function invalid(text: string, why: string, hint?: string): StreamError {
  return new StreamError('TYPE_INVALID', `"${text}" is not a type: ${why}`, {
    hint:
      hint ?? 'Write, for example, "string", "long", "json", "[string]", "map(long)" or "(string, json)".',
  })
}

/** A type as a reader of messages knows it: `list of (string, long)`. */
export function describeType(type: DataType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'struct':
      return type.name ?? 'struct'
    case 'list':
      return `[${describeType(type.of)}]`
    case 'map':
    case 'windowed':
      return `${type.kind}(${describeType(type.of)})`
    case 'tuple':
      return `(${type.of.map(describeType).join(', ')})`
    case 'union':
      return isJson(type.of) ? 'json' : `union(${type.of.map(describeType).join(', ')})`
    case 'enum':
      return `enum(${type.symbols.join(', ')})`
    default:
      return type.kind
  }
}

/** What the bare notation `json` means. */
function isJson([first, second, ...others]: readonly DataType[]): boolean {
  const object = first?.kind === 'struct' && first.fields === undefined
  return object && second?.kind === 'list' && second.of.kind === 'any' && others.length === 0
}

/** A format as it is written in a definition. */
export function describeFormat(format: Format): string {
  if (format.notation === 'binary') return describeType(format.type)
  if (format.schema !== undefined) return `${format.notation}:${format.schema}`
  const bare = notations.get(format.notation)?.bare
  if (bare !== undefined && JSON.stringify(bare) === JSON.stringify(format.type)) return format.notation
  return format.notation === 'json'
    ? describeType(format.type)
    : `${format.notation}:${describeType(format.type)}`
}
