/** What can be said of a text by its tokens alone, found without recursion: texts may be nested without end. */
import type { CST } from 'yaml'

/** The package composes documents by recursion; deeper files would exhaust the stack. */
const depthMax = 100

interface NestedToken {
  readonly token: CST.Token
  readonly depth: number
}

function* nested(tokens: readonly CST.Token[]): Iterable<NestedToken> {
  const open: NestedToken[] = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next
    const { token, depth } = next
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, depth })
    if (!('items' in token)) continue
    for (const item of token.items) {
      if (item.key !== undefined && item.key !== null) open.push({ token: item.key, depth: depth + 1 })
      if (item.value !== undefined) open.push({ token: item.value, depth: depth + 1 })
    }
  }
}

/** Whether collections lie more than a hundred deep. */
export function isTooDeep(tokens: readonly CST.Token[]): boolean {
  for (const { depth } of nested(tokens)) if (depth > depthMax) return true
  return false
}

/** The last "{" or "[" before a place that is not closed: all that follows it seems to be inside. */
export function unclosedBefore(tokens: readonly CST.Token[], place: number): CST.SourceToken | undefined {
  let last: CST.SourceToken | undefined
  for (const { token } of nested(tokens)) {
    if (token.type !== 'flow-collection' || token.start.offset >= place) continue
    const closed = token.end.some(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end')
    if (!closed && (last === undefined || token.start.offset > last.offset)) last = token.start
  }
  return last
}
