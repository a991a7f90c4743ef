import { child, childList, type JsonNode } from '../schemas/json-schema.ts'
import type { JsonComparison } from './json-comparison.ts'

/** Items of arrays: those with a place of their own, and the rest. */
interface Items {
  readonly first: readonly JsonNode[]
  /** Undefined where anything may follow. */
  readonly rest: JsonNode | undefined
}

export function compareArrays(own: JsonComparison, reader: JsonNode, writer: JsonNode, path: string): void {
  const now = itemsOf(reader)
  const before = itemsOf(writer)
  const places = Math.max(now.first.length, before.first.length)
  for (let index = 0; index < places; index++)
    own.compare(now.first[index] ?? now.rest, before.first[index] ?? before.rest, `${path}/items/${index}`)
  if (now.rest?.schema === false && before.rest?.schema !== false)
    own.add('ADDITIONAL_ITEMS_REMOVED', `${path}/additionalItems`)
  else own.compare(now.rest, before.rest, `${path}/items`)
}

/** The keywords differ between drafts: `items` may be a list with `additionalItems`, or `prefixItems` stands before `items`. */
function itemsOf(node: JsonNode): Items {
  const prefix = childList(node, 'prefixItems')
  if (prefix !== undefined) return { first: prefix, rest: child(node, 'items') }
  const list = childList(node, 'items')
  if (list !== undefined) return { first: list, rest: child(node, 'additionalItems') }
  return { first: [], rest: child(node, 'items') }
}
