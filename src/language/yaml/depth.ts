import type { CST } from 'yaml'

/** The package composes documents by recursion; deeper files would exhaust the stack. */
const depthMax = 100

/** Whether collections lie more than a hundred deep, found without recursion. */
export function isTooDeep(tokens: readonly CST.Token[]): boolean {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next
    if (depth > depthMax) return true
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, depth })
    if (!('items' in token)) continue
    for (const item of token.items) {
      if (item.key !== undefined && item.key !== null) open.push({ token: item.key, depth: depth + 1 })
      if (item.value !== undefined) open.push({ token: item.value, depth: depth + 1 })
    }
  }
  return false
}
