/**
 * The first index whose value is at least `wanted`, or `values.length` where none is.
 *
 * @param values - ascending
 */
export function firstAtLeast(values: readonly number[], wanted: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
