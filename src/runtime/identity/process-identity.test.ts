import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openIdentity } from './process-identity.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-identity-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('keeps the process id over restarts, one per application', () => {
  const stateDir = newFolder()
  const first = openIdentity({ kind: 'folder', stateDir }, 'app')
  const other = openIdentity({ kind: 'folder', stateDir }, 'other app/with odd name')
  first.release()
  const again = openIdentity({ kind: 'folder', stateDir }, 'app')
  expect(again.processId).toBe(first.processId)
  expect(other.processId).not.toBe(first.processId)
  again.release()
  other.release()
})

test('knows a folder that was copied', () => {
  const stateDir = newFolder()
  const copyDir = newFolder()
  const first = openIdentity({ kind: 'folder', stateDir }, 'app')
  cpSync(stateDir, copyDir, { recursive: true })
  first.release()
  const copied = openIdentity({ kind: 'folder', stateDir: copyDir }, 'app')
  const again = openIdentity({ kind: 'folder', stateDir }, 'app')
  expect([first, copied, again].map(({ isCopy }) => isCopy)).toEqual([false, true, false])
  expect(copied.processId).toBe(first.processId)
  copied.release()
  again.release()
})

test('refuses a folder that is in use, and says what to do', () => {
  const stateDir = newFolder()
  const first = openIdentity({ kind: 'folder', stateDir }, 'app')
  expect(() => openIdentity({ kind: 'folder', stateDir }, 'app')).toThrow(
    expect.objectContaining({
      code: 'STATE_LOCKED',
      hint: 'Stop the other process, or give this one a state folder of its own.',
    }),
  )
  first.release()
})

test('waits for a process that was killed a moment ago, and says so', async () => {
  const stateDir = newFolder()
  const held = openIdentity({ kind: 'folder', stateDir }, 'app')
  held.release()
  const lock = join(stateDir, 'app', 'lock')
  // It lives on for so long: longer than a lock was waited for that is let go of at once.
  const holds = `
    const { DatabaseSync } = require('node:sqlite')
    new DatabaseSync(process.argv[1]).exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    console.log('held')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 2500)`
  const dying = spawn(process.execPath, ['-e', holds, lock], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(dying.stdout, 'data')
  const waits: number[] = []
  const next = openIdentity({ kind: 'folder', stateDir }, 'app', (waitMs) => waits.push(waitMs))
  expect(next.processId).toBe(held.processId)
  expect(waits).toEqual([5000])
  next.release()
})

test('names a folder that cannot be made', () => {
  const occupied = join(newFolder(), 'file')
  writeFileSync(occupied, 'a file, no folder')
  expect(() => openIdentity({ kind: 'folder', stateDir: occupied }, 'app')).toThrow(
    expect.objectContaining({ code: 'STORE_UNWRITABLE' }),
  )
})
