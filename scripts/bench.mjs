// Runs every *.bench.ts under src at full size, one process each; arguments choose files by part of their path.
import { globSync } from 'node:fs'
import { run } from './run.mjs'

const only = process.argv.slice(2)
const files = globSync('src/**/*.bench.ts')
  .toSorted()
  .filter((file) => only.length === 0 || only.some((part) => file.includes(part)))
if (files.length === 0) console.log(`no benchmark has ${only.join(' or ')} in its path`)
let failed = 0
for (const file of files) {
  const code = await run(process.execPath, [file], { env: { ...process.env, BENCH: 'full' } })
  if (code !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
