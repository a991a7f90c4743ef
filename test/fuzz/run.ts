/** `npm run fuzz -- NAME…`: a million damaged inputs for each decoder whose name has one of these in it; INPUTS and SEED change that. */
import { fuzz } from './fuzz.ts'
import { fuzzTargets } from './targets.ts'

const names = process.argv.slice(2)
const inputs = Number(process.env['INPUTS'] ?? 1_000_000)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
// Most inputs end in an error, whose stack would cost more than the decoding and is not shown.
Error.stackTraceLimit = 0
let failed = 0
for (const target of fuzzTargets.filter(
  ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
)) {
  const { decoded, refused, failures, slowestMs, memoryMib } = await fuzz(target, { inputs, seed })
  failed += failures.length
  console.log(
    `${failures.length === 0 ? 'ok  ' : 'FAIL'} ${target.name}: ${decoded} decoded, ${refused} refused, slowest ${slowestMs.toFixed(1)} ms, ${memoryMib} MiB (seed ${seed})`,
  )
  for (const failure of failures) console.log(`     ${failure}`)
}
process.exit(failed === 0 ? 0 : 1)
