/**
 * Applies each mutation to the source and runs seeds until one fails: `node test/simulation/mutations/main.ts [--seeds N] [--only PATTERN]`. A
 * mutation that survives makes the exit code 1.
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { mutations } from './mutations.ts'
import type { Mutation } from './mutations.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    parallel: { type: 'string', default: '2' },
  },
})

interface Detection {
  readonly mutation: Mutation
  /** How many seeds were run, the failing one included; undefined: none failed. */
  readonly seeds: number | undefined
  readonly said: string
}

async function detect(mutation: Mutation): Promise<Detection> {
  const { code, output } = await runSeeds(mutation)
  const [, seed, said] = /^seed (\d+) .*\n *(.*)/m.exec(output) ?? []
  if (seed !== undefined) return { mutation, seeds: Number(seed), said: said ?? '' }
  if (code === 0) return { mutation, seeds: undefined, said: '' }
  throw new Error(`the simulation ended with ${code} under mutation "${mutation.name}":\n${output}`)
}

function runSeeds({ name }: Mutation): Promise<{ readonly code: number | null; readonly output: string }> {
  const args = [
    '--import',
    './test/simulation/mutations/apply.ts',
    'test/simulation/main.ts',
    '--seeds',
    values.seeds,
    '--until-failure',
  ]
  const child = spawn(process.execPath, args, { env: { ...process.env, WEFT_MUTATION: name } })
  let output = ''
  const take = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

function show({ mutation, seeds, said }: Detection): void {
  console.log(
    `| ${mutation.name} | ${seeds ?? `survived ${values.seeds}`} | ${said.slice(0, 100).replaceAll('|', '/')} |`,
  )
}

const chosen = mutations.filter(({ name }) => new RegExp(values.only).test(name))
const waiting = [...chosen]
let survived = 0
console.log('| mutation | seeds to detection | what the auditor said |\n|---|---|---|')
await Promise.all(
  Array.from({ length: Number(values.parallel) }, async () => {
    for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
      const detection = await detect(mutation)
      if (detection.seeds === undefined) survived += 1
      show(detection)
    }
  }),
)
console.log(`${chosen.length} mutations, ${survived} survived`)
process.exitCode = survived === 0 && chosen.length > 0 ? 0 : 1
