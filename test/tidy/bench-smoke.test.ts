import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

// A benchmark that nobody ran for a while still starts: each runs here at its smoke size.
const files = globSync('src/**/*.bench.ts')

test('there are benchmarks', () => {
  expect(files).not.toEqual([])
})

test.each(files)('%s runs at its smoke size', async (file) => {
  await import(resolve(file))
})
