import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutate, mutations } from './mutations.ts'

test('each mutation changes one place of the source as it is now', () => {
  for (const mutation of mutations) {
    const source = readFileSync(mutation.file, 'utf8')
    expect(mutate(mutation, source), mutation.name).not.toBe(source)
  }
})

// The whole table takes long: `npm run mutations`. That the machine works is shown by one that is found at once.
test('a mutation of the engine is found, and the mutated source is nowhere but in memory', async () => {
  const args = ['test/simulation/mutations/main.ts', '--only', '^engine write before', '--seeds', '20']
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  expect(output).toContain('1 mutations, 0 survived')
})
