/**
 * The entry of a table under a name that somebody else chose: `__proto__` and `constructor`, which every object answers to, are no entries.
 */
export function named<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
