import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderDiagnostic } from '../../../src/language/diagnostic.ts'
import { loadDefinition } from '../../../src/language/load.ts'

// Each definition here must fail, and what its author then reads is kept beside it: messages are reviewed like code.
const files = globSync(join(import.meta.dirname, '*.yaml')).toSorted()

describe('a definition that is wrong', () => {
  test.each(files.map((path) => [basename(path), path]))('is answered as written beside %s', async (name, path) => {
    const text = readFileSync(path, 'utf8')
    const catalog = { values: () => Promise.resolve(undefined) }
    const { diagnostics, topologies } = await loadDefinition({ path: name, text }, { environment: {}, catalog })
    expect(topologies).toEqual([])
    expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
    const rendered = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text)).join('\n\n')
    await expect(`${rendered}\n`).toMatchFileSnapshot(path.replace(/\.yaml$/, '.txt'))
  })
})
