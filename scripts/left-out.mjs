// What a run of tests left out: said at its very end, where it is read.
import { existsSync, globSync, readFileSync } from 'node:fs'

/** @returns {readonly { what: string, why: string }[]} what the tests have written into a file; nothing where there is none */
export function readLeftOut(file) {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

/** Ends a run with what it left out, a line each, and one line of counts. */
export function printEnd({ passed, failed, skipped }, leftOut) {
  for (const { what, why } of leftOut) console.log(`skipped: ${what}, for ${why}`)
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
}

/** Ends a run for which something is missing: every file of the folder counts as one that is skipped. */
export function endWithout(why, folder, filters) {
  const files = globSync(`${folder}/**/*.test.ts`).filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  )
  const leftOut = [{ what: `all ${files.length} test files in ${folder}`, why }]
  printEnd({ passed: 0, failed: 0, skipped: files.length }, leftOut)
  process.exit(0)
}
