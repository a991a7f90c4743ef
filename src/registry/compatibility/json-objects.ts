import { child, childMap, patternOf, resolved, type JsonNode } from '../schemas/json-schema.ts'
import type { JsonComparison } from './json-comparison.ts'

/** Properties of objects, which the writer may have left open, closed, or open for some names only. */
export function compareObjects(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  const read = childMap(reader, 'properties')
  const written = childMap(writer, 'properties')
  for (const name of new Set([...written.keys(), ...read.keys()])) {
    const at = `${path}/properties/${name}`
    const now = read.get(name)
    const before = written.get(name)
    if (now !== undefined && before !== undefined) own.compare(now, before, at)
    else if (now === undefined) propertyRemoved(own, { reader, name, schema: before, path: at })
    else propertyAdded(own, { reader, writer, name, schema: now, path: at })
  }
  compareRequired(own, reader, writer, path)
  compareAdditional(own, reader, writer, path)
  for (const [pattern, now] of childMap(reader, 'patternProperties')) {
    const before = childMap(writer, 'patternProperties').get(pattern)
    if (before !== undefined) own.compare(now, before, `${path}/patternProperties/${pattern}`)
  }
}

interface Removed {
  readonly reader: JsonNode
  readonly name: string
  readonly schema: JsonNode | undefined
  readonly path: string
}

function propertyRemoved(own: JsonComparison, { reader, name, schema, path }: Removed): void {
  const rest = schemaOfOthers(reader, name)
  if (rest === undefined || schema?.schema === false) return
  if (rest.schema === false) own.add('PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL', path)
  else if (!own.accepts(rest, schema))
    own.add('PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path)
}

interface Added {
  readonly reader: JsonNode
  readonly writer: JsonNode
  readonly name: string
  readonly schema: JsonNode
  readonly path: string
}

/** Writers of an open object may have put anything under the name. */
function propertyAdded(own: JsonComparison, { reader, writer, name, schema, path }: Added): void {
  const before = schemaOfOthers(writer, name)
  const needed = requiredOf(reader).has(name)
  const fallback = hasDefault(schema)
  if (before === undefined) {
    if (own.accepts(schema, undefined) && !needed) return
    const how = needed
      ? fallback
        ? 'REQUIRED_PROPERTY_WITH_DEFAULT'
        : 'REQUIRED_PROPERTY'
      : 'OPTIONAL_PROPERTY'
    own.add(`${how}_ADDED_TO_OPEN_CONTENT_MODEL`, path)
    return
  }
  if (before.schema !== false && !own.accepts(schema, before))
    own.add('PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path)
  if (needed && !fallback) own.add('REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL', path)
}

/** What the object says of a property that it does not list: undefined where it allows anything. */
function schemaOfOthers(node: JsonNode, name: string): JsonNode | undefined {
  for (const [pattern, schema] of childMap(node, 'patternProperties'))
    if (patternOf(pattern)?.test(name) === true) return schema
  const additional = child(node, 'additionalProperties')
  return additional?.schema === true ? undefined : additional
}

function compareRequired(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  const before = requiredOf(writer)
  const listed = childMap(writer, 'properties')
  const read = childMap(reader, 'properties')
  for (const name of requiredOf(reader)) {
    const schema = read.get(name)
    // A property that is new has been judged where it was added.
    const isNew = schema !== undefined && !listed.has(name)
    if (!before.has(name) && !isNew && !(schema !== undefined && hasDefault(schema)))
      own.add('REQUIRED_ATTRIBUTE_ADDED', `${path}/required/${name}`)
  }
}

function compareAdditional(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  const now = child(reader, 'additionalProperties')
  const before = child(writer, 'additionalProperties')
  if (now === undefined || now.schema === true || before?.schema === false) return
  const at = `${path}/additionalProperties`
  if (now.schema === false) own.add('ADDITIONAL_PROPERTIES_REMOVED', at)
  else if (before === undefined || before.schema === true) {
    if (!own.accepts(now, before)) own.add('ADDITIONAL_PROPERTIES_NARROWED', at)
  } else own.compare(now, before, at)
}

function requiredOf({ schema }: JsonNode): ReadonlySet<string> {
  const names = typeof schema === 'boolean' ? undefined : schema['required']
  return new Set(Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [])
}

function hasDefault(node: JsonNode): boolean {
  const { schema } = resolved(node)
  return typeof schema !== 'boolean' && Object.hasOwn(schema, 'default')
}
