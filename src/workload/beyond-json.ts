/** Texts, which may hold anything; the signs that tell fields from values; and the numbers that DuckDB knows and JSON does not. */
const tokens = /"(?:[^"\\]|\\.)*"(:?)|[{}[\]]|-?(?:NaN|Infinity)/g

/**
 * Finds a number that JSON has no form for in a row that DuckDB wrote.
 *
 * @returns undefined where the row is JSON
 */
export function beyondJson(row: string): { readonly field: string; readonly number: string } | undefined {
  if (!row.includes('NaN') && !row.includes('Infinity')) return undefined
  let depth = 0
  let field = ''
  for (const [token, colon] of row.matchAll(tokens)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (!token.startsWith('"')) return { field, number: token }
    else if (colon === ':' && depth === 1) field = String(JSON.parse(token.slice(0, -1)))
  }
  return undefined
}
