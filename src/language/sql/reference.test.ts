import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { functionNames } from '../../expr/functions.ts'

test('the reference page lists the functions that there are', () => {
  const page = readFileSync(new URL('../../../docs/reference/sql.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| (numbers|text|times|JSON|others)/.test(line))
  const listed = rows.flatMap((line) => [...line.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''))
  expect(listed.toSorted()).toEqual([...functionNames].toSorted())
})
