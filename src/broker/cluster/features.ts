import type { StateKeeper } from '../log/state-log.ts'

/** What the cluster can do that clients must know the level of, and at which level it is. */
export const featureLevels = {
  /** 1: groups whose broker assigns (KIP-848). */
  'group.version': { min: 0, max: 1 },
  /** 1: as 0 for clients; 2: KIP-890's second part, where each transaction has an epoch of its own. */
  'transaction.version': { min: 0, max: 2 },
} as const

const kind = 'feature'

export type FeatureName = keyof typeof featureLevels

export class Features {
  readonly #levels: Map<FeatureName, number>
  readonly #state: StateKeeper
  #epoch = 0

  /** @param levels - to begin with; what has been changed since stands, where it was written down */
  constructor(levels: Readonly<Record<FeatureName, number>>, state: StateKeeper) {
    this.#levels = new Map(Object.entries(levels) as [FeatureName, number][])
    this.#state = state
    for (const { key, value } of state.recovered(kind)) {
      const name = String(key[1])
      if (isFeature(name)) this.#levels.set(name, Number(value))
    }
  }

  /** Grows with each change. */
  get epoch(): number {
    return this.#epoch
  }

  levelOf(name: FeatureName): number {
    return this.#levels.get(name) ?? 0
  }

  update(levels: ReadonlyMap<FeatureName, number>): void {
    this.#state.put([...levels].map(([name, level]) => ({ key: [kind, name], value: level })))
    for (const [name, level] of levels) this.#levels.set(name, level)
    this.#epoch++
  }
}

export function isFeature(name: string): name is FeatureName {
  return Object.hasOwn(featureLevels, name)
}
