import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

// The whole table takes long: `npm run mutations`. That the machine works is shown by one that is found at once.
test('a mutation of the engine is found, and the mutated source is nowhere but in memory', async () => {
  const args = ['test/simulation/mutations/main.ts', '--only', '^engine write before', '--seeds', '20']
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  expect(output).toContain('1 mutations, 0 survived')
})
