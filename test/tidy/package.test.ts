/** What is published: packed, unpacked beside its dependencies alone, and used from there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TempFolder } from '../../src/broker/fixtures/data-folder.ts'

const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string
  dependencies: Record<string, string>
}
const folder = new TempFolder()
const installed = join(folder.path, 'node_modules/weft-streams')

beforeAll(() => {
  mkdirSync(installed, { recursive: true })
  for (const name of Object.keys(dependencies)) {
    const place = join(folder.path, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(resolve('node_modules', name), place, 'junction')
  }
  const pack = ['pack', '--silent', '--ignore-scripts=false', '--pack-destination', folder.path]
  execFileSync('npm', pack, { stdio: 'pipe' })
  const archive = join(folder.path, `weft-streams-${version}.tgz`)
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components', '1'])
}, 120_000)

afterAll(() => folder[Symbol.dispose]())

test('has a command that starts', () => {
  expect(runNode(join(installed, 'bin/weft.mjs'), '--version').trim()).toBe(version)
})

test('has the entry for tests', () => {
  const program = join(folder.path, 'user.mjs')
  writeFileSync(
    program,
    `import { startBroker } from 'weft-streams/testing'
    await using kafka = await startBroker({ topics: { orders: 2 } })
    console.log(kafka.broker.cluster.leaderOf('orders', 1))`,
  )
  expect(runNode(program).trim()).toBe('1')
})

test('has the pages that its README and its messages name', () => {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8')
  const links = [...readme.matchAll(/\]\((?![a-z]+:)([^)#]+)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(5)
  const named = [...links, 'docs/reference/broker.md']
  expect(named.filter((path) => !existsSync(join(installed, path)))).toEqual([])
})

function runNode(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8', stdio: 'pipe' })
}
