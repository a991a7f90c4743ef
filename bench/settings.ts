/**
 * What a program of `bench/peers` or `bench/state` is called with: `name=value`. `size=smoke` is as small as it can be, so that a test can
 * run it; without, it is the size that a person runs.
 */
export const given: ReadonlyMap<string, string> = new Map(
  process.argv.slice(2).map((argument): [string, string] => {
    const at = argument.indexOf('=')
    return [argument.slice(0, at), argument.slice(at + 1)]
  }),
)

export const isSmoke = given.get('size') === 'smoke'

/** A named number: what is given, or that of the size. */
export function numberGiven(name: string, smoke: number, full: number): number {
  return Number(given.get(name) ?? ofSize(smoke, full))
}

export function ofSize<T>(smoke: T, full: T): T {
  return isSmoke ? smoke : full
}
