import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layers } from '../../scripts/layers.mjs'
import { errorCodes } from '../../src/base/errors.ts'

const byName = (a = '', b = ''): number => a.localeCompare(b)
const read = (path: string): string => readFileSync(path, 'utf8')
const inGit = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path))
const made = new Set(['node_modules', 'dist', 'coverage', 'target', 'lib'])
/** In a copy without its history. */
const inFolder = (): string[] =>
  globSync('**/*', { withFileTypes: true, exclude: ({ name }) => made.has(name) })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative('', join(parentPath, name)))
const tracked = existsSync('.git') ? inGit() : inFolder()
const source = tracked.filter((path) => /^(src|bench|scripts|bin|test)\/.*\.(ts|mjs)$/.test(path))

describe('house rules', () => {
  test('ARCHITECTURE.md shows the table of layers that is checked', () => {
    const shown = [...read('ARCHITECTURE.md').matchAll(/^\| `(\w+)` \|[^|]*\| ([^|]*) \|$/gm)].map(
      ([, folder, uses]) => [folder, uses?.trim()],
    )
    const expected = Object.entries(layers).map(([folder, uses]) => [
      folder,
      uses.length === 0 ? '–' : uses.join(' '),
    ])
    expect(shown).toEqual(expected)
  })

  test('every law in ARCHITECTURE.md names a test that exists', () => {
    const laws = [...read('ARCHITECTURE.md').matchAll(/^\| (\d+) \|.*\| (.*) \|$/gm)]
    expect(laws.map(([, number]) => Number(number))).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    )
    const missing = laws
      .flatMap(([, , tests = '']) => [...tests.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? ''))
      .filter((path) => !existsSync(path))
    expect(missing).toEqual([])
    expect(laws.filter(([, , tests = '']) => !tests.includes('`')).map(([, number]) => number)).toEqual([])
  })

  test('the auditor of the simulation takes nothing but types from what it audits', () => {
    const naive = tracked.filter((path) => /^test\/simulation\/(audit|cases)\/.*(?<!\.test)\.ts$/.test(path))
    expect(naive.length).toBeGreaterThan(10)
    const borrowed = naive.flatMap((path) =>
      [
        ...read(path).matchAll(
          /^import (?!type )[^']*from '([^']*src\/(?:process|store|runtime|testing)\/[^']*)'/gm,
        ),
      ].map(([, from]) => `${path} -> ${from}`),
    )
    expect(borrowed).toEqual([])
  })

  test('every error code has its heading on the reference page, and no heading is left over', () => {
    const headings = [...read('docs/reference/errors.md').matchAll(/^## (\w+)$/gm)].map(([, code]) => code)
    expect(headings.toSorted(byName)).toEqual(Object.keys(errorCodes).toSorted(byName))
  })

  test('links between documents lead somewhere', () => {
    const broken = tracked
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
          .map(([, target]) => target ?? '')
          .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)))
          .map((target) => `${path} -> ${target}`),
      )
    expect(broken).toEqual([])
  })

  test('nothing is left to do, skipped or picked out', () => {
    const marks = /\b(?:TODO|FIXME|XXX)\b|\b(?:test|describe|property|it)\.(?:skip|only|todo)\(/
    expect(
      source.filter((path) => path !== 'test/tidy/house-rules.test.ts' && marks.test(read(path))),
    ).toEqual([])
  })

  test('no file names the machine it was written on or a registry host', () => {
    // Written apart, so that this file does not name them either.
    const names = [
      ['/work/', 'main'],
      ['/work/', 'shared'],
      ['registry.npmjs', '.org'],
      ['repo.maven', '.apache.org'],
      ['files.pythonhosted', '.org'],
    ].map((parts) => parts.join(''))
    const namesOne = (path: string): boolean => names.some((name) => read(path).includes(name))
    expect(tracked.filter((path) => !/\.(parquet|png)$/.test(path) && namesOne(path))).toEqual([])
  })

  test('the lock file knows the optional packages of every platform, else a fresh install is refused', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>
    }
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined &&
          packages[`${path}/node_modules/${name}`] === undefined,
      ),
    )
    expect(missing).toEqual([])
  })

  test('a suppression of a lint rule gives its reason', () => {
    const bare = source.flatMap((path) =>
      read(path)
        .split('\n')
        .filter((line) => /(?:oxlint|eslint)-disable/.test(line) && !/--\s*\S/.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    )
    expect(bare.filter((line) => !line.startsWith('test/tidy/'))).toEqual([])
  })

  test('no source file exports a default, imports from an index or sets a timer outside the clock', () => {
    const files = globSync('src/**/*.ts').filter((path) => !/\.(test|bench)\.ts$/.test(path))
    const offences = files.filter((path) => /from '[^']*\/index\.ts'|^export default\b/m.test(read(path)))
    const timers = files.filter(
      (path) =>
        !path.startsWith('src/base/') &&
        /\b(?:setTimeout|setInterval)\(|\bDate\.now\(|\bMath\.random\(/.test(read(path)),
    )
    expect({ offences, timers }).toEqual({ offences: [], timers: [] })
  })
})
