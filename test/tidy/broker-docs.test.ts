/** The reference of the embedded broker says what it does: its table of APIs is that of the code. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { handlerByKey, supportedApis } from '../../src/broker/apis/api-table.ts'
import { brokerDefaults } from '../../src/broker/broker-config.ts'
import { brokerSettings, settingOf } from '../../src/broker/broker-settings.ts'
import { topicSettingsBeneath } from '../../src/broker/topics/names-beneath.ts'
import { codeBlocks, section, tableRows } from './documents.ts'

const guide = 'docs/guides/testing.md'

test('the reference of the broker lists its APIs and their versions', () => {
  const listed = tableRows(section('docs/reference/broker.md', '## APIs')).slice(1)
  const actual = supportedApis.map(({ key, name, minVersion, maxVersion }) => {
    const oldest = handlerByKey(key)?.minVersion ?? minVersion
    return [String(key), name, oldest === maxVersion ? String(oldest) : `${oldest}–${maxVersion}`]
  })
  expect(listed.map((row) => row.slice(0, 3))).toEqual(actual)
})

test('each API has a file, which begins with its name, its key and what it does', () => {
  const lacking = supportedApis.filter(({ key, name }) => {
    const file = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
    const [, text = ''] =
      /^\/\*\*([\s\S]+?)\*\//.exec(readFileSync(`src/broker/apis/${file}.ts`, 'utf8')) ?? []
    return !text.replace(/^[\s*]*/, '').startsWith(`${name} (${key})`)
  })
  expect(lacking.map(({ name }) => name)).toEqual([])
})

test('the reference of the broker lists its settings and what they are by themselves', () => {
  const listed = tableRows(section('docs/reference/broker.md', '## Settings')).map(([name, value]) => [
    name,
    value?.split(';', 1)[0],
  ])
  const own = Object.entries(brokerSettings).map(([name, setting]) => {
    const { value } = settingOf(brokerDefaults, setting)
    return [`\`${name}\``, value === '' ? 'nobody' : `\`${value}\``]
  })
  const ofTopics = [...topicSettingsBeneath].map(([name, ofTopic]) => [`\`${name}\``, `\`${ofTopic}\``])
  expect(listed).toEqual([['setting', 'by itself'], ...own, ['setting', 'of topics'], ...ofTopics])
})

/** Imports of all examples once, and each example in a scope of its own, as one program. */
function programOf(examples: readonly string[]): string {
  const entry = pathToFileURL('src/testing/testing.ts').href
  const imports = new Set<string>()
  const scopes = examples.map((example) => {
    const lines = example.split('\n')
    for (const line of lines) if (line.startsWith('import ')) imports.add(line)
    return `await (async () => {\n${lines.filter((line) => !line.startsWith('import ')).join('\n')}\n})()`
  })
  const names = new Map<string, Set<string>>()
  for (const line of imports) {
    const [, what = '', from = ''] = /^import (.+) from '(.+)'$/.exec(line) ?? []
    const known = names.get(from) ?? new Set()
    names.set(from, known)
    for (const name of what.replaceAll(/[{}]/g, '').split(',')) known.add(name.trim())
  }
  const heads = [...names].map(([from, what]) => {
    if (from === 'node:assert/strict') return `import assert from '${from}'`
    const source = from === 'weft-streams/testing' ? entry : import.meta.resolve(from)
    return `import { ${[...what].join(', ')} } from '${source}'`
  })
  return [...heads, ...scopes].join('\n')
}

test('the examples of the guide to testing run', () => {
  const examples = codeBlocks(guide).filter(({ language }) => language === 'ts')
  expect(examples.length).toBeGreaterThan(4)
  const folder = mkdtempSync(join(tmpdir(), 'weft-guide-'))
  try {
    const file = join(folder, 'examples.mts')
    writeFileSync(file, programOf(examples.map(({ text }) => text)))
    execFileSync(process.execPath, [file], { stdio: 'pipe', timeout: 60_000 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what the guide says that a rule may have, and each fault, stands in an example', () => {
  const listed = tableRows(section(guide, '## Break requests')).flatMap(([cell = '']) =>
    cell.startsWith('`{') ? [cell.slice(3, cell.search(/[,}]/)).trim()] : (cell.match(/\w+(?=`)/g) ?? []),
  )
  expect(listed).toEqual(expect.arrayContaining(["kind: 'drop'", 'probability']))
  const examples = codeBlocks(guide)
    .filter(({ language, text }) => language === 'ts' && text.includes('faults.add'))
    .map(({ text }) => text)
    .join('\n')
  expect(listed.filter((part) => !examples.includes(part))).toEqual([])
})

test('every example of the guide can be imported as the package offers it', async () => {
  const entry = await import('../../src/testing/testing.ts')
  const wanted = codeBlocks(guide).flatMap(({ text }) =>
    [...text.matchAll(/^import \{ (.+) \} from 'weft-streams\/testing'$/gm)].flatMap(([, names = '']) =>
      names.split(',').map((name) => name.trim()),
    ),
  )
  expect(wanted.filter((name) => !(name in entry))).toEqual([])
})
