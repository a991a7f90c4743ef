import type { Command } from 'commander'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/base/errors.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { describeDefinition } from '../../src/cli/render/definition.ts'
import { describeTasks } from '../../src/cli/render/tasks.ts'
import type { PrimitiveKind } from '../../src/data/types.ts'
import { functionNames } from '../../src/expr/functions.ts'
import { operationKind } from '../../src/language/definition/fields/operation-fields.ts'
import { namedStoreSchema } from '../../src/language/definition/fields/store-fields.ts'
import { schemaBook } from '../../src/cli/schema-files.ts'
import type { Catalog } from '../../src/language/catalog.ts'
import { loadDefinition } from '../../src/language/load.ts'
import type { JsonSchema } from '../../src/language/schema/field.ts'
import { objectOf } from '../../src/language/schema/object.ts'
import { loadRunnerFile } from '../../src/language/runner-file.ts'
import { plainNames } from '../../src/topology/name-pattern.ts'
import { describeTopology, topologiesToMermaid } from '../../src/topology/describe.ts'
import { functionKinds } from '../../src/topology/function-kinds.ts'
import {
  anchors,
  codeBlocks,
  documentPaths,
  proseLines,
  readDocument,
  section,
  tableRows,
  type CodeBlock,
} from './documents.ts'

const blocks = documentPaths.flatMap(codeBlocks)
const commandsPage = 'docs/reference/commands.md'
const silent = { line: () => {}, note: () => {}, interactive: false, status: () => {} }

/** The topics that examples read. A block that says something of its own about a topic goes before these. */
const exampleTopics: Readonly<Record<string, Readonly<Record<string, PrimitiveKind>>>> = {
  orders: { order_id: 'long', customer_id: 'long', total: 'double', ordered_at: 'string', sku: 'string' },
  customers: { customer_id: 'long', name: 'string', segment: 'string' },
  flights: { date: 'string', delay: 'long', origin: 'string', destination: 'string' },
  airports: { iata: 'string', city: 'string', country: 'string', latitude: 'double', longitude: 'double' },
}

const catalog: Catalog = {
  values: (topic, format) => {
    const columns = exampleTopics[topic]
    return Promise.resolve(
      columns && {
        columns: Object.entries(columns).map(([name, kind]) => ({ name, type: { kind } })),
        format,
      },
    )
  },
}

// A registry is configured, so that rows have the ids of their schemas.
const schemas = schemaBook('.', { avro: { type: 'confluent_avro', config: {} } })

function place({ path, line }: CodeBlock): string {
  return `${path}:${line}`
}

describe('definitions in documents', () => {
  const definitions = blocks.filter(({ language }) => language === 'yaml')

  test.each(definitions.map((block) => [place(block), block] as const))('%s loads', async (_, block) => {
    const file = { path: join(dirname(block.path), 'example.yaml'), text: block.text }
    if (/^(ksml|kafka):/m.test(block.text)) {
      expect(loadRunnerFile(file, { environment: {} }).diagnostics).toEqual([])
      return
    }
    const { topologies, diagnostics } = await loadDefinition(file, { environment: {}, catalog, schemas })
    const fragment = /^# fragment/m.test(block.text)
    const problems = diagnostics.filter(({ code, message }) =>
      fragment ? code !== 'NAME_NOT_FOUND' && message !== 'the file holds nothing to run' : true,
    )
    expect(problems).toEqual([])
    if (!fragment) expect(topologies).not.toEqual([])
  })
})

test('the stages of the example are what explain prints', async () => {
  const page = codeBlocks('docs/concepts/from-file-to-tasks.md').filter(({ language }) => language !== '')
  const [definition, ...shown] = page.map(({ text }) => text)
  const file = { path: 'late.yaml', text: definition ?? '' }
  const loaded = await loadDefinition(file, { environment: {}, catalog })
  const [topology] = loaded.topologies
  expect(topology).toBeDefined()
  if (topology === undefined) return
  expect(shown).toEqual([
    describeDefinition(loaded, topology),
    describeTopology(topology),
    topologiesToMermaid([topology]),
    describeTasks({ topology, applicationId: topology.name }, plainNames),
  ])
})

describe('commands in documents', () => {
  const lines = blocks
    .filter(({ language }) => language === 'sh' || language === '')
    .flatMap((block) => block.text.split('\n').map((text) => ({ block, text })))
  const calls = lines.flatMap(({ block, text }) => {
    const call = /(?:^|\| )(?:npx )?weft (?<args>[^#|>]*)/.exec(text)?.groups?.['args']
    return call === undefined ? [] : [[`${place(block)} weft ${call.trim()}`, call.trim()] as const]
  })

  test('there are some', () => {
    expect(calls.length).toBeGreaterThan(20)
  })

  test.each(calls)('%s can be called so', async (_, call) => {
    const program = (await buildProgram(silent)).configureOutput({ writeErr: () => {} })
    for (const command of everyCommand(program)) command.action(() => {})
    const usage = call.replaceAll(/[<>[\]]/g, '')
    expect(() => program.parse(usage.split(/\s+/), { from: 'user' })).not.toThrow()
  })

  test('scripts of npm exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>
    }
    const named = lines.flatMap(({ text }) => [
      ...text.matchAll(/\bnpm (?:run (?<script>[\w:]+)|(?<own>start|test)\b)/g),
    ])
    const names = named.map(({ groups }) => groups?.['script'] ?? groups?.['own'] ?? '')
    expect(names.filter((name) => !(name in scripts))).toEqual([])
  })
})

describe('the page of commands', async () => {
  const known = everyCommand(await buildProgram(silent))

  test('has a heading for each command, and no other', () => {
    const headings = proseLines(commandsPage).flatMap((line) => /^##+ (weft .*)$/.exec(line)?.[1] ?? [])
    expect(headings.toSorted()).toEqual(known.map(pathOf).toSorted())
  })

  test.each(known.map((command) => [pathOf(command), command] as const))(
    'lists the options of %s with their defaults',
    (path, command) => {
      const level = path.split(' ').length
      const text = section(commandsPage, `${'#'.repeat(level)} ${path}`).split(/^###+ /m)[0] ?? ''
      const listed = tableRows(text)
        .slice(1)
        .map(([flags = '', value = '']) => `${flags} ${value}`.trim())
      const expected = command.options.map(({ flags, defaultValue }) =>
        `\`${flags}\` ${defaultCell(defaultValue)}`.trim(),
      )
      expect(listed.toSorted()).toEqual(expected.toSorted())
    },
  )
})

/** Defaults that depend on where the tests run stand in the page as they are for most. */
function defaultCell(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  if (value === process.env['KAFKA_BROKERS']) return '`127.0.0.1:9092`'
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  return `\`${shown === 'text' && process.stderr.isTTY ? 'json' : shown}\``
}

/** The commands that do something, from left to right. */
function everyCommand(program: Command): Command[] {
  return program.commands.flatMap((command) => [command, ...everyCommand(command)])
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** What the table of kinds says where the engine passes nothing. */
const noArguments = new Set(['none', "the author's own"])

describe('reference pages', () => {
  test('errors say domain and retry advice as the table has them', () => {
    const text = readDocument('docs/reference/errors.md')
    const said = [...text.matchAll(/^## (\w+)\n\nDomain `(\w+)`, retry `(\w+)`\.$/gm)].map(
      ([, code = '', domain, retry]) => [code, { domain, retry }],
    )
    expect(Object.fromEntries(said)).toEqual(errorCodes)
  })

  test('metrics are those of the sources, all of them', () => {
    const sources = globSync('src/**/*.ts', { exclude: ['**/*.test.ts'] })
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n')
    const made = new Set([...sources.matchAll(/'(weft_[a-z_]+)'/g)].map(([, name = '']) => name))
    const listed = tableRows(readDocument('docs/reference/metrics.md')).flatMap(([names = '']) => [
      ...names.matchAll(/`(\w+)`/g),
    ])
    expect(new Set(listed.map(([, name]) => name))).toEqual(made)
  })

  test('the functions of SQL are all there, and no other', () => {
    const listed = [...section('docs/reference/sql.md', '## Functions').matchAll(/^\|.*$/gm)].flatMap(
      ([row]) => [...row.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    )
    expect(listed.toSorted()).toEqual([...functionNames].toSorted())
  })

  test('the operations of pipelines are all there, and no other', () => {
    const listed = tableRows(section('docs/reference/definitions.md', '## Operations')).flatMap(
      ([names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    )
    const schemas = new Map<string, JsonSchema>()
    operationKind.json(schemas)
    const known = [...schemas].flatMap(([id, { properties }]) =>
      id.endsWith('Operation') ? typeNames(properties) : [],
    )
    expect([...new Set(listed)].toSorted()).toEqual(known.toSorted())
  })

  test('the fields of stores are all there, and no other', () => {
    const schemas = new Map<string, JsonSchema>()
    objectOf(namedStoreSchema).json(schemas)
    const known = Object.keys(schemas.get('store')?.['properties'] ?? {}).filter((field) => field !== 'name')
    const told = tableRows(section('docs/reference/definitions.md', '## Stores')).flatMap(([fields = '']) =>
      [...fields.matchAll(/`(\w+)`/g)].map(([, field = '']) => field),
    )
    expect(told.toSorted()).toEqual(known.toSorted())
  })

  test('the kinds of functions have the arguments, results and stores of the table', () => {
    const listed = tableRows(section('docs/reference/functions.md', '## Kinds'))
      .slice(1)
      .map(([kind = '', given = '', , type = '', , stores = '']) => ({
        kind: kind.replaceAll('`', ''),
        given: noArguments.has(given) ? '' : given,
        required: type === 'required',
        stores: stores === 'yes',
      }))
    const known = Object.entries(functionKinds).map(([kind, facts]) => ({
      kind,
      given: facts.arguments.join(', '),
      required: facts.result.rule === 'required',
      stores: facts.stores,
    }))
    const byKind = (a: { kind: string }, b: { kind: string }): number => (a.kind < b.kind ? -1 : 1)
    expect(listed.toSorted(byKind)).toEqual(known.toSorted(byKind))
  })

  test('every decision is in the index', () => {
    const index = readDocument('docs/decisions/README.md')
    const pages = globSync('docs/decisions/[0-9]*.md').map((path) => basename(path))
    expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([])
  })
})

/** What `type` may be, other names included. */
function typeNames(properties: unknown): readonly string[] {
  const { type } = properties as { readonly type: { readonly enum: readonly string[] } }
  return type.enum
}

describe('documents', () => {
  test('links with an anchor lead to a heading', () => {
    const broken = documentPaths.flatMap((path) =>
      [...readDocument(path).matchAll(/\]\(([^)#\s]*)#([^)\s]+)\)/g)]
        .filter(([, target = '']) => !/^[a-z]+:/.test(target))
        .filter(([, target = '', anchor = '']) => {
          const page = target === '' ? path : join(dirname(path), target)
          return !anchors(page).has(anchor)
        })
        .map(([link]) => `${path} ${link}`),
    )
    expect(broken).toEqual([])
  })

  test('sentences are wrapped at 110 columns and sell nothing', () => {
    const pages = documentPaths.filter((path) => path.startsWith('docs/'))
    const long = pages.flatMap((path) =>
      proseLines(path)
        .filter((line) => line.length > 110 && !line.startsWith('#'))
        .map((line) => `${path}: ${line}`),
    )
    const sold = pages.flatMap((path) =>
      proseLines(path)
        .filter((line) => /\b(?:just|easy|easily|simply|blazing|powerful|seamless(?:ly)?)\b/i.test(line))
        .map((line) => `${path}: ${line}`),
    )
    expect({ long, sold }).toEqual({ long: [], sold: [] })
  })
})
