import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProcessEngines } from '../store/state-engines.ts'
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

test('a damaged store is named, and the others are shown', async () => {
  openIdentity({ kind: 'folder', stateDir }, 'orders').release()
  const folder = join(stateDir, 'orders')
  const engines = await ProcessEngines.open({ kind: 'sqlite', folder, budgetBytes: 1_048_576 })
  for (const task of ['0_0', '0_1', '0_2']) engines.forThread(0).open({ task, store: 'counts' }).close()
  await engines.close()
  writeFileSync(join(folder, 'sqlite', '0_1', 'counts.sqlite'), Buffer.alloc(8192, 0x55))
  const [orders] = await readStoredState(stateDir)
  expect(orders?.stores.map(({ task }) => task)).toEqual(['0_0', '0_2'])
  expect(orders?.failures).toEqual([
    expect.objectContaining({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(join('0_1', 'counts.sqlite')),
    }),
  ])
})
