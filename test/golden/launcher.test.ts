/** What the launcher says under a Node that is too old: one sentence, whatever is wrong with the one that came along. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'weft-launcher-'))
const launcher = join(folder, 'bin/weft.mjs')
cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
afterAll(() => rmSync(folder, { recursive: true }))

const tooOld =
  'data:text/javascript,' +
  encodeURIComponent(
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`,
  )
const sentence = 'weft needs Node 24.6 or newer and this is 20.0.0: install it from nodejs.org.'

function launch(): Promise<{ readonly code: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', tooOld, launcher, '--version'], (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    )
  })
}

test('no Node came along', async () => {
  expect(await launch()).toEqual({ code: 2, stderr: `${sentence}\n` })
})

test('the Node that came along does not start here', async () => {
  const name = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const place = join(folder, 'node_modules', `${name}-${platform}-${process.arch}`)
  mkdirSync(join(place, 'bin'), { recursive: true })
  writeFileSync(join(place, 'package.json'), '{}')
  expect(await launch()).toEqual({
    code: 2,
    stderr: `${sentence} The one that came with weft does not start here (ENOENT).\n`,
  })
})
