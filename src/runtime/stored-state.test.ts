import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProcessEngines } from '../store/state-engines.ts'
import { streamTimeKey } from '../store/stream-time.ts'
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

test.each(['rocksdb', 'sqlite'] as const)(
  'entries are counted, whatever an engine estimates: %s',
  async (kind) => {
    openIdentity({ kind: 'folder', stateDir }, 'orders').release()
    const folder = join(stateDir, 'orders')
    const engines = await ProcessEngines.open({ kind, folder, budgetBytes: 1_048_576 })
    const store = engines.forThread(0).open({ task: '0_0', store: 'counts' })
    const entriesOf = (from: number, length: number) =>
      Array.from({ length }, (_, index) => ({
        key: Buffer.from(`key-${from + index}`.padEnd(10)),
        value: Buffer.from('value'),
      }))
    for (let from = 0; from < 5000; from += 500)
      store.write({ entries: entriesOf(from, 500), position: undefined })
    // The key that is looked up is there, the others are not; the second time the other way round.
    for (const from of [4999, 4900]) store.write({ entries: entriesOf(from, 200), position: undefined })
    store.write({ entries: [{ key: streamTimeKey, value: Buffer.alloc(12) }], position: undefined })
    store.close()
    await engines.close()
    const [orders] = await readStoredState(stateDir)
    expect(orders?.stores).toEqual([expect.objectContaining({ entries: 5199, sizeBytes: 5199 * 15 })])
  },
)

test('a file in the place of the folder is named', async () => {
  const file = join(stateDir, 'file')
  writeFileSync(file, '')
  await expect(readStoredState(file)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringContaining(file),
  })
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
