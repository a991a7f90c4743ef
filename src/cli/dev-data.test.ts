import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { emptyCatalog, openDefinition } from './definitions.ts'
import { readDevData } from './dev-data.ts'
import { TopicCatalog } from './topic-catalog.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-dev-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('all that is wrong with data is found at once, each at its place, and nothing follows from it', async () => {
  write('events.jsonl', '{"id":1}\n')
  write('empty.jsonl', '')
  write('empty.json', '[]')
  write('empty.csv', '')
  const path = write(
    'wrong.yaml',
    `queries:
  q: { query: SELECT id FROM gone, output: { topic: out, format: json } }
dev:
  topics:
    events: { file: events.jsonl, key: nope, eventTime: never }
    gone: { file: gone.jsonl, key: id }
    package: { file: 'npm:not-there/a.csv' }
    lines: { file: empty.jsonl }
    list: { file: empty.json }
    table: { file: empty.csv }
    empty: {}
`,
  )
  const draft = await openDefinition(path, emptyCatalog)
  const { columns: files, unreadable, problems } = await readDevData([draft])
  const told = problems.map(({ code, message, span }) => {
    return `${code} ${span.line}:${span.column} ${message.replaceAll(`${folder}/`, '')}`
  })
  expect(told).toEqual([
    'FILE_UNREADABLE 5:40 "events.jsonl" has no field "nope" to take as key',
    'FILE_UNREADABLE 5:57 "events.jsonl" has no field "never" to take as eventTime',
    'FILE_UNREADABLE 6:19 there is no file "gone.jsonl"',
    'FILE_UNREADABLE 7:22 package "not-there" with "a.csv" is not installed',
    'FILE_UNREADABLE 8:20 "empty.jsonl" is empty',
    'FILE_UNREADABLE 9:19 "empty.json" is empty',
    'FILE_UNREADABLE 10:20 "empty.csv" is empty',
  ])
  expect([...files.keys()]).toEqual(['events'])
  const { loaded } = await openDefinition(path, new TopicCatalog({ files, unreadable }))
  expect(loaded.diagnostics).toEqual([])
})

test('a catalogue says where columns are found that it does not know', async () => {
  const path = write(
    'unknown.yaml',
    'name: q\nquery: SELECT id FROM events\noutput: { topic: out, format: json }\n',
  )
  const hint = 'Give the topic a data file.'
  const { loaded } = await openDefinition(path, new TopicCatalog({ hint }))
  expect(loaded.diagnostics.map((diagnostic) => diagnostic.hint)).toEqual([`Check the name. ${hint}`])
})
