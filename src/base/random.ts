/** Chance as an argument: the same seed gives the same run. */
export interface Random {
  /** From 0 up to but without 1. */
  next(): number
  /** A whole number from 0 up to but without `below`. */
  below(below: number): number
}

/** Deterministic and fast; not for secrets. Source: mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, below: (below) => Math.floor(next() * below) }
}

export const systemRandom: Random = {
  next: () => Math.random(),
  below: (below) => Math.floor(Math.random() * below),
}
