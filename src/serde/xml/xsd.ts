/**
 * The part of XML Schema that definitions use, for one global element: sequences, choices, groups, extensions, restrictions, lists and
 * unions, as the type of its values and as the shape that they are written in.
 */
import { StreamError } from '../../base/errors.ts'
import type { DataType, Field } from '../../data/types.ts'
import {
  ownText,
  plainShape,
  readXmlTree,
  type XmlNode as Node,
  type XmlRoot,
  type XmlShape,
} from './xml-text.ts'

const depthMax = 64
/** Types and groups within each other: each type has some. */
const groupsMax = 4 * depthMax
/** Types that are used over and over could make a small schema a huge type. */
const fieldsMax = 20_000

const simpleTypes: Readonly<Record<string, DataType>> = {
  boolean: { kind: 'boolean' },
  byte: { kind: 'byte' },
  short: { kind: 'short' },
  int: { kind: 'int' },
  integer: { kind: 'int' },
  long: { kind: 'long' },
  double: { kind: 'double' },
  float: { kind: 'float' },
  base64Binary: { kind: 'bytes' },
  string: { kind: 'string' },
  decimal: { kind: 'string' },
  date: { kind: 'string' },
  dateTime: { kind: 'string' },
  time: { kind: 'string' },
  anyURI: { kind: 'string' },
  unsignedByte: { kind: 'short' },
  unsignedShort: { kind: 'int' },
  ...ofKind(
    'long',
    'unsignedInt unsignedLong positiveInteger nonNegativeInteger negativeInteger nonPositiveInteger',
  ),
  ...ofKind(
    'string',
    'token normalizedString language Name NCName NMTOKEN ID IDREF ENTITY QName NOTATION hexBinary',
  ),
  ...ofKind('string', 'duration gYear gYearMonth gMonth gMonthDay gDay'),
  anyType: { kind: 'any' },
  anySimpleType: { kind: 'any' },
}

function ofKind(kind: 'long' | 'string', names: string): Readonly<Record<string, DataType>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, { kind }]))
}

export interface XsdElement {
  readonly type: DataType
  readonly root: XmlRoot
}

/**
 * @param name - of the global element that values are
 * @throws StreamError `SCHEMA_INVALID`
 */
export function readXsd(text: string, name: string): XsdElement {
  const schema = readSchema(text)
  const element = nodes(schema, 'element').find((candidate) => valueOf(candidate, 'name') === name)
  if (element === undefined)
    throw invalid(
      `it has no global element "${name}"`,
      `Its elements are ${nodes(schema, 'element')
        .map((node) => String(valueOf(node, 'name')))
        .join(', ')}.`,
    )
  const { type, shape } = new XsdReader(schema).element(element, [])
  const namespace = textOf(valueOf(schema, 'targetNamespace'))
  return {
    type: type.kind === 'struct' ? { ...type, name } : type,
    root: {
      name,
      shape,
      ...(namespace === ''
        ? {}
        : { namespace, qualified: valueOf(schema, 'elementFormDefault') === 'qualified' }),
    },
  }
}

function readSchema(text: string): Node {
  try {
    return readXmlTree(text)
  } catch (error) {
    if (error instanceof StreamError) throw invalid('it is not XML', error.detail)
    throw error
  }
}

interface Content {
  readonly type: DataType
  readonly shape: XmlShape
}

/** What an element holds, while it is collected. */
interface Parts {
  readonly fields: Field[]
  readonly attributes: Map<string, XmlShape>
  readonly elements: Map<string, XmlShape>
  readonly words: false
  /** The elements that may stand more than once. */
  readonly repeated: Set<string>
  /** Those that may stand before the next: one of the same name repeats, except in another branch of a choice. */
  before: Set<string>
}

function emptyParts(): Parts {
  return {
    fields: [],
    attributes: new Map(),
    elements: new Map(),
    words: false,
    repeated: new Set(),
    before: new Set(),
  }
}

/** How often the elements of a group may be there. */
interface Occurs {
  readonly optional: boolean
  readonly repeats: boolean
}

const definitions = ['element', 'complexType', 'simpleType', 'group', 'attributeGroup'] as const

class XsdReader {
  readonly #named: Readonly<Record<(typeof definitions)[number], ReadonlyMap<unknown, Node>>>
  /** Of the complex types with names: those within themselves have one shape at every depth. */
  readonly #shapes = new Map<Node, XmlShape>()
  #fieldCount = 0

  constructor(schema: Node) {
    const byName = (kind: string) => new Map(nodes(schema, kind).map((node) => [valueOf(node, 'name'), node]))
    this.#named = {
      element: byName('element'),
      complexType: byName('complexType'),
      simpleType: byName('simpleType'),
      group: byName('group'),
      attributeGroup: byName('attributeGroup'),
    }
  }

  /** @param within - the complex types around it */
  element(given: Node, within: readonly Node[]): Content {
    const element = this.#referred('element', given)
    const [complex] = nodes(element, 'complexType')
    if (complex !== undefined) return this.#complex(complex, within)
    const [simple] = nodes(element, 'simpleType')
    if (simple !== undefined) return leaf(this.#simple(simple, 0))
    return this.#typed(valueOf(element, 'type'), within)
  }

  #typed(type: unknown, within: readonly Node[]): Content {
    const complex = this.#named.complexType.get(localName(type))
    if (complex === undefined) return leaf(this.#simpleTyped(type, 0))
    // A type within itself has no end: where it comes again, it is a struct of that name without fields.
    const shape = this.#shapes.get(complex)
    if (shape !== undefined && within.includes(complex))
      return { type: { kind: 'struct', name: textOf(valueOf(complex, 'name')) }, shape }
    return this.#complex(complex, within)
  }

  #complex(complex: Node, within: readonly Node[]): Content {
    if (within.length > groupsMax) throw invalid('its types have no end')
    const parts = emptyParts()
    this.#shapes.set(complex, parts)
    this.#collect(complex, parts, [...within, complex])
    return { type: { kind: 'struct', fields: parts.fields }, shape: parts }
  }

  /** What a complex type has, what it extends first. */
  #collect(complex: Node, parts: Parts, within: readonly Node[]): void {
    for (const content of nodes(complex, 'complexContent')) {
      for (const extension of nodes(content, 'extension')) {
        const base = this.#base(extension, within)
        if (base === undefined) throw invalid(`type "${localName(valueOf(extension, 'base'))}" is not known`)
        this.#collect(base, parts, [...within, base])
        this.#collect(extension, parts, within)
      }
      for (const restriction of nodes(content, 'restriction')) this.#restrict(restriction, parts, within)
    }
    for (const content of nodes(complex, 'simpleContent'))
      for (const derived of [...nodes(content, 'extension'), ...nodes(content, 'restriction')]) {
        const base = this.#base(derived, within)
        if (base !== undefined) this.#collect(base, parts, [...within, base])
        else this.#add(parts, { name: ownText, type: this.#simpleOf(derived, 'base', 0), required: false })
        this.#attributes(derived, parts)
      }
    this.#groups(complex, parts, { within, optional: false, repeats: false })
    this.#attributes(complex, parts)
  }

  /** The complex type that another is made of; undefined where it is none. */
  #base(derived: Node, within: readonly Node[]): Node | undefined {
    const base = this.#named.complexType.get(localName(valueOf(derived, 'base')))
    if (base !== undefined && within.includes(base)) throw invalid('a type extends itself')
    return base
  }

  /** A restriction says its elements anew, and of the attributes those that it changes. */
  #restrict(restriction: Node, parts: Parts, within: readonly Node[]): void {
    const base = this.#base(restriction, within)
    if (base !== undefined) {
      const inherited = emptyParts()
      this.#collect(base, inherited, [...within, base])
      for (const field of inherited.fields) {
        const shape = inherited.attributes.get(field.name)
        if (shape === undefined) continue
        parts.attributes.set(field.name, shape)
        this.#add(parts, field)
      }
    }
    this.#collect(restriction, parts, within)
  }

  /** Elements and groups in their order. */
  #groups(holder: Node, parts: Parts, given: Occurs & { readonly within: readonly Node[] }): void {
    const within = [...given.within, holder]
    if (within.length > groupsMax) throw invalid('its types have no end')
    if (holder.name === 'choice') {
      const { before } = parts
      const branches = holder.children.map((branch) => {
        parts.before = new Set(before)
        this.#group(branch, parts, { ...given, within })
        return parts.before
      })
      parts.before = new Set([...before, ...branches.flatMap((names) => [...names])])
    } else for (const node of holder.children) this.#group(node, parts, { ...given, within })
  }

  #group(node: Node, parts: Parts, given: Occurs & { readonly within: readonly Node[] }): void {
    const { within } = given
    switch (node.name) {
      case 'sequence':
      case 'all':
      case 'choice': {
        const optional = given.optional || node.name === 'choice'
        this.#groups(node, parts, { ...occursIn(node, { ...given, optional }), within })
        break
      }
      case 'group':
        this.#groups(this.#referred('group', node), parts, { ...occursIn(node, given), within })
        break
      case 'element':
        this.#child(node, parts, given)
    }
  }

  #child(element: Node, parts: Parts, given: Occurs & { readonly within: readonly Node[] }): void {
    const { type, shape } = this.element(element, given.within)
    const { optional, repeats } = occursIn(element, given)
    const name = localName(valueOf(element, 'name') ?? valueOf(element, 'ref'))
    const known = parts.elements.has(name) ? parts.fields.find((field) => field.name === name) : undefined
    parts.elements.set(name, shape)
    if (repeats || parts.before.has(name)) parts.repeated.add(name)
    parts.before.add(name)
    this.#add(parts, {
      name,
      type: parts.repeated.has(name) ? { kind: 'list', of: type } : type,
      required: known?.required === true || (!optional && valueOf(element, 'default') === undefined),
    })
  }

  #attributes(holder: Node, parts: Parts, within: readonly Node[] = []): void {
    for (const attribute of nodes(holder, 'attribute')) {
      const name = localName(valueOf(attribute, 'name') ?? valueOf(attribute, 'ref'))
      if (valueOf(attribute, 'use') === 'prohibited') {
        remove(parts, name)
        continue
      }
      const type = this.#simpleOf(attribute, 'type', 0)
      parts.attributes.set(name, leaf(type).shape)
      this.#add(parts, { name, type, required: valueOf(attribute, 'use') === 'required' })
    }
    for (const group of nodes(holder, 'attributeGroup')) {
      const named = this.#referred('attributeGroup', group)
      if (within.includes(named)) throw invalid('a group of attributes holds itself')
      this.#attributes(named, parts, [...within, named])
    }
  }

  #add({ fields }: Parts, field: Field): void {
    if (++this.#fieldCount > fieldsMax) throw invalid(`its types have more than ${fieldsMax} fields`)
    const before = fields.findIndex(({ name }) => name === field.name)
    if (before < 0) fields.push(field)
    // An element may stand in several branches of a choice.
    else fields[before] = field
  }

  #referred(kind: (typeof definitions)[number], node: Node): Node {
    const reference = valueOf(node, 'ref')
    if (typeof reference !== 'string') return node
    const found = this.#named[kind].get(localName(reference))
    if (found === undefined) throw invalid(`${kind} "${localName(reference)}" is not known`)
    return found
  }

  #simpleTyped(type: unknown, depth: number): DataType {
    const name = typeof type === 'string' ? localName(type) : 'anyType'
    const simple = this.#named.simpleType.get(name)
    if (simple !== undefined) return this.#simple(simple, depth + 1)
    const known = Object.hasOwn(simpleTypes, name) ? simpleTypes[name] : undefined
    if (known === undefined) throw invalid(`type "${name}" is not known`)
    return known
  }

  /** The type that something names, or has within. */
  #simpleOf(holder: Node, attribute: string, depth: number): DataType {
    const [inner] = nodes(holder, 'simpleType')
    return inner === undefined
      ? this.#simpleTyped(valueOf(holder, attribute), depth)
      : this.#simple(inner, depth)
  }

  #simple(simple: Node, depth: number): DataType {
    if (depth > depthMax) throw invalid('its types have no end')
    const [restriction] = nodes(simple, 'restriction')
    if (restriction !== undefined) {
      const symbols = nodes(restriction, 'enumeration').map((node) => String(valueOf(node, 'value')))
      return symbols.length > 0 ? { kind: 'enum', symbols } : this.#simpleOf(restriction, 'base', depth + 1)
    }
    const [list] = nodes(simple, 'list')
    if (list !== undefined) return { kind: 'list', of: this.#simpleOf(list, 'itemType', depth + 1) }
    const [union] = nodes(simple, 'union')
    if (union === undefined) throw invalid('a simple type is no restriction, list or union')
    const named = textOf(valueOf(union, 'memberTypes')).split(/\s+/)
    const members = [
      ...named.filter((name) => name !== '').map((name) => this.#simpleTyped(name, depth + 1)),
      ...nodes(union, 'simpleType').map((inner) => this.#simple(inner, depth + 1)),
    ]
    if (members.length === 0) throw invalid('a union has no members')
    return { kind: 'union', of: members }
  }
}

function remove({ fields, attributes }: Parts, name: string): void {
  if (!attributes.delete(name)) return
  fields.splice(
    fields.findIndex((field) => field.name === name),
    1,
  )
}

function occursIn(node: Node, { optional, repeats }: Occurs): Occurs {
  const most = valueOf(node, 'maxOccurs')
  return {
    optional: optional || valueOf(node, 'minOccurs') === '0',
    repeats: repeats || most === 'unbounded' || Number(most ?? 1) > 1,
  }
}

const wordsShape: XmlShape = { ...plainShape, words: true }

function leaf(type: DataType): Content {
  return { type, shape: type.kind === 'list' ? wordsShape : plainShape }
}

/** Prefixes say which namespace; there is one. */
function localName(name: unknown): string {
  const text = textOf(name)
  return text.slice(text.indexOf(':') + 1)
}

function nodes(node: Node, name: string): readonly Node[] {
  return node.children.filter((child) => child.name === name)
}

function valueOf(node: Node, name: string): string | undefined {
  return Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function invalid(why: string, detail?: string): StreamError {
  return new StreamError(
    'SCHEMA_INVALID',
    `an XML schema is not valid: ${why}`,
    detail === undefined ? {} : { detail },
  )
}
