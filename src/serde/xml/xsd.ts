/** The part of XML Schema that definitions use: one global element of sequences, restrictions, lists and unions, as a type. */
import { StreamError } from '../../base/errors.ts'
import type { DataType, Field } from '../../data/types.ts'
import { readXml } from './xml-text.ts'

const depthMax = 64

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
  token: { kind: 'string' },
  normalizedString: { kind: 'string' },
  anyType: { kind: 'any' },
}

type Node = Readonly<Record<string, unknown>>

/**
 * @param name - of the global element that values are
 * @throws StreamError `SCHEMA_INVALID`
 */
export function typeOfXsd(text: string, name: string): DataType {
  const schema = readSchema(text)
  const element = nodes(schema['element']).find((candidate) => candidate['name'] === name)
  if (element === undefined)
    throw invalid(
      `it has no global element "${name}"`,
      `Its elements are ${nodes(schema['element'])
        .map((node) => String(node['name']))
        .join(', ')}.`,
    )
  const type = new XsdTypes(schema).ofElement(element, 0)
  return type.kind === 'struct' ? { ...type, name } : type
}

function readSchema(text: string): Node {
  try {
    return asNode(readXml(text))
  } catch (error) {
    if (error instanceof StreamError) throw invalid('it is not XML', error.detail)
    throw error
  }
}

class XsdTypes {
  readonly #complex: ReadonlyMap<unknown, Node>
  readonly #simple: ReadonlyMap<unknown, Node>

  constructor(schema: Node) {
    this.#complex = new Map(nodes(schema['complexType']).map((node) => [node['name'], node]))
    this.#simple = new Map(nodes(schema['simpleType']).map((node) => [node['name'], node]))
  }

  ofElement(element: Node, depth: number): DataType {
    if (depth > depthMax) throw invalid('its types have no end')
    const [complex] = nodes(element['complexType'])
    if (complex !== undefined) return this.#ofComplex(complex, depth)
    const [simple] = nodes(element['simpleType'])
    if (simple !== undefined) return this.#ofSimple(simple, depth)
    return this.#named(element['type'], depth)
  }

  #named(type: unknown, depth: number): DataType {
    const name = typeof type === 'string' ? type.slice(type.indexOf(':') + 1) : 'anyType'
    const complex = this.#complex.get(name)
    if (complex !== undefined) return this.#ofComplex(complex, depth + 1)
    const simple = this.#simple.get(name)
    if (simple !== undefined) return this.#ofSimple(simple, depth + 1)
    const known = Object.hasOwn(simpleTypes, name) ? simpleTypes[name] : undefined
    if (known === undefined) throw invalid(`type "${name}" is not known`)
    return known
  }

  #ofComplex(complex: Node, depth: number): DataType {
    const parts = ['sequence', 'all']
      .flatMap((kind) => nodes(complex[kind]))
      .flatMap((group) => nodes(group['element']))
    const fields = parts.map((element): Field => {
      const type = this.ofElement(element, depth + 1)
      const repeats = element['maxOccurs'] === 'unbounded' || Number(element['maxOccurs'] ?? 1) > 1
      return {
        name: String(element['name']),
        type: repeats ? { kind: 'list', of: type } : type,
        required: element['minOccurs'] !== '0' && element['default'] === undefined,
      }
    })
    const attributes = nodes(complex['attribute']).map((attribute): Field => ({
      name: String(attribute['name']),
      type: this.ofElement(attribute, depth + 1),
      required: attribute['use'] === 'required',
    }))
    return { kind: 'struct', fields: [...fields, ...attributes] }
  }

  #ofSimple(simple: Node, depth: number): DataType {
    if (depth > depthMax) throw invalid('its types have no end')
    const [restriction] = nodes(simple['restriction'])
    if (restriction !== undefined) {
      const symbols = nodes(restriction['enumeration']).map((node) => String(node['value']))
      return symbols.length > 0 ? { kind: 'enum', symbols } : this.#named(restriction['base'], depth + 1)
    }
    const [list] = nodes(simple['list'])
    if (list !== undefined) return { kind: 'list', of: this.#named(list['itemType'], depth + 1) }
    const [union] = nodes(simple['union'])
    if (union === undefined) throw invalid('a simple type is no restriction, list or union')
    const members = textOf(union['memberTypes'])
      .split(/\s+/)
      .filter((member) => member !== '')
    return { kind: 'union', of: members.map((member) => this.#named(member, depth + 1)) }
  }
}

function nodes(value: unknown): readonly Node[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(asNode)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null ? (value as Node) : {}
}

function invalid(why: string, detail?: string): StreamError {
  return new StreamError(
    'SCHEMA_INVALID',
    `an XML schema is not valid: ${why}`,
    detail === undefined ? {} : { detail },
  )
}
