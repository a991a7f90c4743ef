/**
 * Whether every value that one JSON schema allows (the writer's) is allowed by another (the reader's), judged keyword by keyword: a
 * bound that came or moved inwards, a property that an open object gets, a type that went. A yes can be relied on; where keywords
 * work together in ways that this does not follow (`if`, `contains`), the answer is a no unless they are the same.
 *
 * The names of the differences are those of Confluent's registry.
 */
import { isDeepStrictEqual } from 'node:util'
import { child, childList, jsonTypes, resolved, type JsonNode } from '../schemas/json-schema.ts'
import { isRawNumber, numberOf, type JsonObject } from '../schemas/exact-text.ts'
import { compareArrays } from './json-arrays.ts'
import { compareBounds } from './json-bounds.ts'
import type { JsonComparison } from './json-comparison.ts'
import { compareObjects } from './json-objects.ts'

/** @returns nothing where the reader allows all that the writer allows; `%s` stands for the reader, then the writer */
export function jsonDifferences(reader: JsonNode, writer: JsonNode): string[] {
  const found: string[] = []
  comparison(found, { open: new Map(), left: comparisonsMax }).compare(reader, writer, '#')
  return found
}

/** Branches in branches multiply; beyond this many comparisons the answer is a no. */
const comparisonsMax = 20_000

interface Progress {
  /** Pairs that are being compared: recursion takes them as compatible. */
  readonly open: Map<unknown, Set<unknown>>
  left: number
}

function comparison(found: string[], progress: Progress): JsonComparison {
  const own: JsonComparison = {
    compare: (reader, writer, path) => compareNodes(own, progress, { reader, writer, path }),
    accepts: (reader, writer) => {
      const inner: string[] = []
      comparison(inner, progress).compare(reader, writer, '#')
      return inner.length === 0
    },
    add: (type, path) => {
      const what = type.toLowerCase().replaceAll('_', ' ')
      found.push(
        `{errorType:"${type}", description:"At '${path}' the %s schema differs from the %s schema: ${what}"}`,
      )
    },
  }
  return own
}

interface Pair {
  readonly reader: JsonNode | undefined
  readonly writer: JsonNode | undefined
  readonly path: string
}

const anything: JsonNode = { document: { root: true, others: new Map() }, schema: true }

function compareNodes(own: JsonComparison, progress: Progress, pair: Pair): void {
  if (pair.reader === undefined) return
  if (progress.left-- <= 0) return own.add('COMPARISON_TOO_LARGE', pair.path)
  const reader = resolved(pair.reader)
  const writer = resolved(pair.writer ?? anything)
  if (allowsAll(reader) || writer.schema === false) return
  if (reader.schema === false || allowsAll(writer))
    return own.add(reader.schema === false ? 'TYPE_CHANGED' : 'SCHEMA_ADDED', pair.path)
  const partners = progress.open.get(reader.schema) ?? new Set()
  if (partners.has(writer.schema)) return
  progress.open.set(reader.schema, partners.add(writer.schema))
  if (!compareWriterBranches(own, reader, writer, pair.path)) compareReader(own, reader, writer, pair.path)
  partners.delete(writer.schema)
}

const documentation = new Set([
  'title',
  'description',
  '$id',
  '$schema',
  'default',
  'examples',
  '$comment',
  'id',
])

function allowsAll({ schema }: JsonNode): boolean {
  if (typeof schema === 'boolean') return schema
  return Object.keys(schema).every((keyword) => documentation.has(keyword))
}

/** Values of a writer with branches fit one of them each: the reader has to take every branch. */
function compareWriterBranches(
  own: JsonComparison,
  reader: JsonNode,
  writer: JsonNode,
  path: string,
): boolean {
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = childList(writer, keyword)
    if (branches === undefined) continue
    if (isDeepStrictEqual(withoutBranches(reader), withoutBranches(writer)))
      compareBranches(own, reader, { branches, keyword }, path)
    else for (const branch of branches) own.compare(reader, merged(writer, keyword, branch), path)
    return true
  }
  return false
}

function compareBranches(
  own: JsonComparison,
  reader: JsonNode,
  { branches, keyword }: { readonly branches: readonly JsonNode[]; readonly keyword: string },
  path: string,
): void {
  const readers = childList(reader, 'anyOf') ?? childList(reader, 'oneOf')
  if (readers === undefined) {
    for (const [index, branch] of branches.entries())
      own.compare(reader, branch, `${path}/${keyword}/${index}`)
    return
  }
  const covered = branches.every((branch) => readers.some((candidate) => own.accepts(candidate, branch)))
  if (covered) return
  own.add(readers.length < branches.length ? 'SUM_TYPE_NARROWED' : 'COMBINED_TYPE_SUBSCHEMAS_CHANGED', path)
}

function withoutBranches({ schema }: JsonNode): unknown {
  if (typeof schema === 'boolean') return schema
  const kept = Object.entries(schema).filter(
    ([name]) => !['anyOf', 'oneOf'].includes(name) && !documentation.has(name),
  )
  return Object.fromEntries(kept)
}

/** One branch with what stands beside the branches; a keyword that both have holds in the branch's form. */
function merged(writer: JsonNode, keyword: string, branch: JsonNode): JsonNode {
  const inner = resolved(branch)
  if (typeof inner.schema === 'boolean' || typeof writer.schema === 'boolean') return inner
  const { [keyword]: _, ...beside } = writer.schema
  return { document: inner.document, schema: { ...beside, ...inner.schema } }
}

function compareReader(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  const all = childList(writer, 'allOf')
  // A value of all branches is one of each: it is enough that the reader takes one.
  if (
    all !== undefined &&
    childList(reader, 'allOf') === undefined &&
    all.some((one) => own.accepts(reader, one))
  )
    return
  for (const [index, branch] of (childList(reader, 'allOf') ?? []).entries()) {
    const same = all?.some((one) => own.accepts(branch, one)) ?? false
    if (!same) own.compare(branch, writer, `${path}/allOf/${index}`)
  }
  const branches = childList(reader, 'anyOf') ?? childList(reader, 'oneOf')
  if (branches !== undefined && !branches.some((branch) => own.accepts(branch, writer)))
    own.add('COMBINED_TYPE_SUBSCHEMAS_CHANGED', path)
  compareKeywords(own, reader, writer, path)
}

/** Keywords that are only equal or not. */
const opaque: readonly (readonly [keyword: string, difference: string])[] = [
  ['if', 'CONDITION_CHANGED'],
  ['then', 'CONDITION_CHANGED'],
  ['else', 'CONDITION_CHANGED'],
  ['contains', 'CONTAINS_CHANGED'],
  ['propertyNames', 'PROPERTY_NAMES_CHANGED'],
  ['dependentSchemas', 'DEPENDENCY_SCHEMA_ADDED'],
  ['dependencies', 'DEPENDENCY_ARRAY_ADDED'],
  ['dependentRequired', 'DEPENDENCY_ARRAY_ADDED'],
  ['unevaluatedProperties', 'UNEVALUATED_PROPERTIES_NARROWED'],
  ['unevaluatedItems', 'UNEVALUATED_ITEMS_NARROWED'],
]

function compareKeywords(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  if (typeof reader.schema === 'boolean' || typeof writer.schema === 'boolean') return
  const types = typesOf(writer.schema)
  if (!compareTypes(own, typesOf(reader.schema), types, path)) return
  compareEnums(own, reader.schema, writer.schema, path)
  compareBounds(own, { reader: reader.schema, writer: writer.schema, types, path })
  compareNot(own, reader, writer, path)
  for (const [keyword, type] of opaque) {
    const wanted = reader.schema[keyword]
    if (wanted !== undefined && !isDeepStrictEqual(wanted, writer.schema[keyword]))
      own.add(type, `${path}/${keyword}`)
  }
  if (types.has('object')) compareObjects(own, reader, writer, path)
  if (types.has('array')) compareArrays(own, reader, writer, path)
}

/** @returns whether it makes sense to compare further */
function compareTypes(
  own: JsonComparison,
  reader: ReadonlySet<string>,
  writer: ReadonlySet<string>,
  path: string,
): boolean {
  const taken = (type: string): boolean => reader.has(type) || (type === 'integer' && reader.has('number'))
  if ([...writer].every(taken)) return true
  const narrowed = [...reader].every(
    (type) => writer.has(type) || (type === 'integer' && writer.has('number')),
  )
  own.add(narrowed ? 'TYPE_NARROWED' : 'TYPE_CHANGED', path)
  return false
}

/** Types that values can have: as said, else as the listed values have them, else all. */
function typesOf(schema: JsonObject): ReadonlySet<string> {
  const { type } = schema
  if (typeof type === 'string') return new Set([type])
  if (Array.isArray(type)) return new Set(type as string[])
  const values = valuesOf(schema)
  return new Set(values?.map(typeOf) ?? jsonTypes)
}

function typeOf(value: unknown): string {
  if (isRawNumber(value)) return Number.isInteger(numberOf(value)) ? 'integer' : 'number'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** The values of `enum` or `const`, where there is one of them. */
function valuesOf(schema: JsonObject): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}

function compareEnums(own: JsonComparison, reader: JsonObject, writer: JsonObject, path: string): void {
  const allowed = valuesOf(reader)
  if (allowed === undefined) return
  const written = valuesOf(writer)
  const has = (values: readonly unknown[], value: unknown): boolean =>
    values.some((candidate) => isDeepStrictEqual(candidate, value))
  if (written?.every((value) => has(allowed, value)) === true) return
  const narrowed = written === undefined || allowed.every((value) => has(written, value))
  own.add(narrowed ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_CHANGED', `${path}/enum`)
}

/** What the reader excludes, the writer has to have excluded. */
function compareNot(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  const excluded = child(reader, 'not')
  if (excluded === undefined) return
  const before = child(writer, 'not')
  if (before === undefined || !own.accepts(before, excluded)) own.add('NOT_TYPE_EXTENDED', `${path}/not`)
}
