import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openIdentity } from './identity/process-identity.ts'
import { hasStoredState, holdStoredState, readStoredState } from './stored-state.ts'

let stateDir: string

beforeEach(() => {
  stateDir = join(mkdtempSync(join(tmpdir(), 'weft-stored-')), 'state')
  mkdirSync(stateDir)
})

afterEach(() => rmSync(join(stateDir, '..'), { recursive: true, force: true }))

test('what an application has there is erased, and nothing else', () => {
  for (const id of ['orders', 'others']) openIdentity({ kind: 'folder', stateDir }, id).release()
  holdStoredState(stateDir, 'orders')?.erase()
  expect(readdirSync(stateDir)).toEqual(['others'])
})

test.each(['documents', '.', '..'])('a folder that no application made is none: "%s"', (id) => {
  mkdirSync(join(stateDir, 'documents'))
  writeFileSync(join(stateDir, 'documents', 'a.txt'), 'a')
  expect(hasStoredState(stateDir, id)).toBe(false)
  expect(holdStoredState(stateDir, id)).toBeUndefined()
})

test('looking at folders that no application made changes nothing in them', async () => {
  for (const name of ['documents', '50%off']) mkdirSync(join(stateDir, name))
  openIdentity({ kind: 'folder', stateDir }, 'orders').release()
  expect((await readStoredState(stateDir)).map(({ applicationId }) => applicationId)).toEqual(['orders'])
  expect(readdirSync(join(stateDir, 'documents'))).toEqual([])
})
