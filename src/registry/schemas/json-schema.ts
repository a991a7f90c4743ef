/** JSON schemas, any draft: what a registry needs to check that they are whole, to print and to compare them. */
import type { NamedSchema } from '../contracts.ts'
import { isJsonObject, parseExactJson, schemaInvalid, type JsonObject } from './exact-text.ts'

/** A schema inside a document. `true` and `{}` allow everything, `false` nothing. */
export interface JsonNode {
  readonly document: JsonDocument
  readonly schema: JsonObject | boolean
}

export interface JsonDocument {
  readonly root: unknown
  /** Other documents, by the names that `$ref` has for them. */
  readonly others: ReadonlyMap<string, JsonDocument>
}

export interface ReadJsonSchema extends JsonNode {
  readonly text: string
  normalText(): string
}

/** Chains of references longer than this lead nowhere. */
const referencesMax = 64
const depthMax = 256

/** @throws StreamError `SCHEMA_INVALID` */
export function readJsonSchema(text: string, references: readonly NamedSchema[] = []): ReadJsonSchema {
  const others = new Map<string, JsonDocument>()
  for (const { name, text: other } of references) {
    const document = { root: parseExactJson(other, 'JSON'), others }
    others.set(name, document)
    const id = isJsonObject(document.root) ? document.root['$id'] : undefined
    if (typeof id === 'string') others.set(id, document)
  }
  const document = { root: parseExactJson(text, 'JSON'), others }
  const node = nodeOf(document, document.root)
  checkNode(node, '#', 0)
  return {
    ...node,
    text: JSON.stringify(document.root),
    normalText: () => JSON.stringify(sorted(document.root)),
  }
}

function nodeOf(document: JsonDocument, schema: unknown): JsonNode {
  if (typeof schema !== 'boolean' && !isJsonObject(schema))
    throw schemaInvalid('JSON', 'A schema is an object, true or false.')
  return { document, schema }
}

/** The schema under a keyword; undefined where the keyword is not there. */
export function child(node: JsonNode, keyword: string): JsonNode | undefined {
  const schema = typeof node.schema === 'boolean' ? undefined : node.schema[keyword]
  return schema === undefined ? undefined : nodeOf(node.document, schema)
}

/** The schemas of a keyword that holds a list of them. */
export function childList(node: JsonNode, keyword: string): readonly JsonNode[] | undefined {
  const list = typeof node.schema === 'boolean' ? undefined : node.schema[keyword]
  return Array.isArray(list) ? list.map((schema) => nodeOf(node.document, schema)) : undefined
}

/** The schemas of a keyword that holds them by name. */
export function childMap(node: JsonNode, keyword: string): ReadonlyMap<string, JsonNode> {
  const map = typeof node.schema === 'boolean' ? undefined : node.schema[keyword]
  if (!isJsonObject(map)) return new Map()
  return new Map(Object.entries(map).map(([name, schema]) => [name, nodeOf(node.document, schema)]))
}

/** The schema that a reference leads to; every other schema is itself. @throws StreamError `SCHEMA_INVALID` */
export function resolved(node: JsonNode): JsonNode {
  let at = node
  for (let count = 0; count < referencesMax; count++) {
    const reference = typeof at.schema === 'boolean' ? undefined : at.schema['$ref']
    if (typeof reference !== 'string') return at
    at = follow(at.document, reference)
  }
  throw schemaInvalid('JSON', 'A reference leads back to itself.')
}

function follow(document: JsonDocument, reference: string): JsonNode {
  const [base = '', pointer = ''] = reference.split('#')
  const ownId = isJsonObject(document.root) ? document.root['$id'] : undefined
  const target = base === '' || base === ownId ? document : document.others.get(base)
  const found = target === undefined ? undefined : schemaAt(target.root, pointer)
  if (target === undefined || found === undefined)
    throw schemaInvalid('JSON', `The reference "${reference}" leads to nothing.`)
  return nodeOf(target, found)
}

function schemaAt(root: unknown, pointer: string): unknown {
  if (pointer !== '' && !pointer.startsWith('/')) return withAnchor(root, pointer, 0)
  let at: unknown = root
  for (const part of pointer.split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) at = at[Number(name)] as unknown
    else at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }
  return at
}

function withAnchor(at: unknown, anchor: string, depth: number): unknown {
  if (depth > depthMax || typeof at !== 'object' || at === null) return undefined
  if (isJsonObject(at) && (at['$anchor'] === anchor || at['$id'] === `#${anchor}`)) return at
  for (const inner of Object.values(at)) {
    const found = withAnchor(inner, anchor, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

export const jsonTypes = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']

const oneSchema = [
  'additionalProperties',
  'additionalItems',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
  'unevaluatedProperties',
  'unevaluatedItems',
]
const listsOfSchemas = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const mapsOfSchemas = ['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas']

/** Looks through a whole schema: types have names that exist, references lead somewhere, patterns are patterns. */
function checkNode(node: JsonNode, path: string, depth: number): void {
  if (depth > depthMax) throw schemaInvalid('JSON', `It is nested deeper than ${depthMax}.`)
  const { schema } = node
  if (typeof schema === 'boolean') return
  if (typeof schema['$ref'] === 'string') resolved(node)
  checkType(schema['type'], path)
  if (schema['pattern'] !== undefined) checkPattern(schema['pattern'], path)
  for (const pattern of childMap(node, 'patternProperties').keys()) checkPattern(pattern, path)
  for (const [name, inner] of innerNodes(node)) checkNode(inner, `${path}/${name}`, depth + 1)
}

function innerNodes(node: JsonNode): (readonly [string, JsonNode])[] {
  const items = typeof node.schema === 'boolean' ? undefined : node.schema['items']
  const singles = Array.isArray(items) ? oneSchema : [...oneSchema, 'items']
  const lists = Array.isArray(items) ? [...listsOfSchemas, 'items'] : listsOfSchemas
  return [
    ...singles.flatMap((keyword) => {
      const inner = child(node, keyword)
      return inner === undefined ? [] : [[keyword, inner] as const]
    }),
    ...lists.flatMap((keyword) =>
      (childList(node, keyword) ?? []).map((inner, index) => [`${keyword}/${index}`, inner] as const),
    ),
    ...mapsOfSchemas.flatMap((keyword) =>
      [...childMap(node, keyword)].map(([name, inner]) => [`${keyword}/${name}`, inner] as const),
    ),
  ]
}

function checkType(type: unknown, path: string): void {
  const names = Array.isArray(type) ? type : type === undefined ? [] : [type]
  for (const name of names)
    if (typeof name !== 'string' || !jsonTypes.includes(name))
      throw schemaInvalid('JSON', `The type at "${path}" is none of ${jsonTypes.join(', ')}.`)
}

function checkPattern(pattern: unknown, path: string): void {
  if (typeof pattern === 'string' && patternOf(pattern) !== undefined) return
  throw schemaInvalid('JSON', `The pattern at "${path}" is no regular expression.`)
}

/** Undefined for what is no pattern. */
export function patternOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u')
  } catch {
    try {
      // Many patterns in use are no Unicode patterns: they escape what needs no escape.
      return new RegExp(source)
    } catch {
      return undefined
    }
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}
