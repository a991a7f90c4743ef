import { inspect } from 'node:util'

/** Its errors carry Kafka's number, each kind in a place of its own. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const {
    code,
    errorCode,
    errors,
    groups,
    partitions: parts,
    cause,
    error: inner,
  } = error as Record<string, unknown>
  const number = [code, errorCode].find((one) => typeof one === 'number')
  if (number !== undefined) return String(number)
  for (const list of [errors, groups, parts])
    if (Array.isArray(list) && list.length > 0) return codeOf(list[0])
  for (const one of [inner, cause]) if (one !== undefined && one !== null) return codeOf(one)
  return inspect(error)
}
