import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { emptyCatalog, openDefinitions } from './definitions.ts'
import type { Output } from './output.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-definitions-'))
afterAll(() => rmSync(folder, { recursive: true }))

const silent: Output = { line: () => {}, note: () => {}, interactive: false, status: () => {} }
const pipelines = (name: string): string =>
  `name: ${name}\nstreams: { a: { topic: a, keyType: string, valueType: string } }\npipelines: { main: { from: a, to: a } }\n`

function write(path: string, text: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

test('a folder stands for the definitions below it, copies in folders with a dot apart', async () => {
  write('all/b.yaml', pipelines('b'))
  write('all/deep/er/a.yml', pipelines('a'))
  write('all/..data/b.yaml', pipelines('b'))
  write('all/notes.txt', 'no definition')
  const opened = await openDefinitions([join(folder, 'all')], emptyCatalog, silent)
  expect(opened?.flatMap(({ loaded }) => loaded.topologies.map(({ name }) => name))).toEqual(['b', 'a'])
})

test('a folder without definitions is no folder of definitions', async () => {
  write('none/notes.txt', '')
  await expect(openDefinitions([join(folder, 'none')], emptyCatalog, silent)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: `no definition is in folder "${join(folder, 'none')}"`,
  })
})

test('two definitions may not have one name, unless a runner file gives them namespaces', async () => {
  const [one, two] = [write('one.yaml', pipelines('same')), write('two.yaml', pipelines('same'))]
  await expect(openDefinitions([one, two], emptyCatalog, silent)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
  })
  const named = [
    { path: one, namespace: 'first' },
    { path: two, namespace: 'second' },
  ]
  expect(await openDefinitions(named, emptyCatalog, silent)).toHaveLength(2)
})
