/** The seven levels of compatibility: who must be able to read whose data, and how far back. */

export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const

export type CompatibilityLevel = (typeof compatibilityLevels)[number]

/** A version that a new schema is compared with. */
export interface EarlierVersion<T> {
  readonly version: number
  readonly text: string
  /** Reads it, which is done for those alone that the level compares. */
  readonly schema: () => T
}

/** Differences between a reader's schema and a writer's, `%s` for the one and then for the other. */
export type Compare<T> = (reader: T, writer: T) => readonly string[]

/**
 * Compares a schema with earlier versions.
 *
 * @param earlier - oldest first
 * @returns nothing where they are compatible, else the differences from the newest version that is not, and which it was
 */
export function incompatibilities<T>(
  level: CompatibilityLevel,
  candidate: T,
  earlier: readonly EarlierVersion<T>[],
  compare: Compare<T>,
): string[] {
  const transitive = level.endsWith('_TRANSITIVE')
  const compared = transitive ? earlier.toReversed() : earlier.slice(-1)
  for (const version of compared) {
    const differences = differencesFrom(level, candidate, version.schema(), compare)
    if (differences.length > 0)
      return [...differences, `{oldSchemaVersion: ${version.version}}`, `{oldSchema: '${version.text}'}`]
  }
  return []
}

function differencesFrom<T>(
  level: CompatibilityLevel,
  candidate: T,
  earlier: T,
  compare: Compare<T>,
): readonly string[] {
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL')
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL')
  return [
    ...(backward ? compare(candidate, earlier).map((text) => named(text, ['new', 'old'])) : []),
    ...(forward ? compare(earlier, candidate).map((text) => named(text, ['old', 'new'])) : []),
  ]
}

function named(text: string, names: readonly string[]): string {
  let index = 0
  return text.replaceAll('%s', () => names[index++ % 2] ?? '')
}
