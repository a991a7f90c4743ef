import { globSync, readFileSync } from 'node:fs'
import { functionProblems } from '../../../src/cli/function-problems.ts'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inFileOrder, renderDiagnostic } from '../../../src/language/diagnostic.ts'
import { loadDefinition } from '../../../src/language/load.ts'

// Each definition here must fail, and what its author then reads is kept beside it: messages are reviewed like code.
// Python takes a second to start: only where it is about code.
const compiled = /^code-/
const files = globSync(join(import.meta.dirname, '*.yaml')).toSorted()

describe('a definition that is wrong', () => {
  test.each(files.map((path) => [basename(path), path]))(
    'is answered as written beside %s',
    async (name, path) => {
      const text = readFileSync(path, 'utf8')
      const catalog = { values: () => Promise.resolve(undefined) }
      const loaded = await loadDefinition({ path: name, text }, { environment: {}, catalog })
      const problems = compiled.test(name) ? await functionProblems(loaded, name) : []
      const diagnostics = inFileOrder([...loaded.diagnostics, ...problems])
      if (problems.length === 0) expect(loaded.topologies).toEqual([])
      expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
      const rendered = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text)).join('\n\n')
      await expect(`${rendered}\n`).toMatchFileSnapshot(path.replace(/\.yaml$/, '.txt'))
    },
  )
})
