/** Tests that a machine cannot run: what is left out, and why, is said aloud at the end of the run. */
import { appendFileSync } from 'node:fs'

export interface LeftOut {
  readonly what: string
  readonly why: string
}

/** Where `scripts/test.mjs` collects it; elsewhere it is said at once. */
const collected = process.env['WEFT_LEFT_OUT']

/** @param why - a sentence; undefined: nothing is left out */
export function sayLeftOut(what: string, why: string | undefined): void {
  if (why === undefined) return
  const leftOut: LeftOut = { what, why }
  if (collected === undefined) console.warn(`${what}: skipped, for ${why}`)
  else appendFileSync(collected, `${JSON.stringify(leftOut)}\n`)
}
