/** Does it for every item, whatever becomes of the others. @throws the first failure, when all have had their turn */
export function forEachAnyway<T>(items: Iterable<T>, step: (item: T) => void): void {
  const failures: unknown[] = []
  for (const item of items) {
    try {
      step(item)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
