import { expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import type { ChangeLogPosition } from '../store/contracts.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const place = { task: '0_1', store: 'counts' }
const alive = { dead: false, step: () => {} }

function positionAt(offset: number): ChangeLogPosition {
  return { topicId: 'topic', offset, leaderEpoch: -1, committedAtMs: 0 }
}

/** Writes one key a batch, numbered, with the number as its position. */
function writeNumbers(disk: SimulatedDisk, count: number): void {
  const engine = disk.mount(alive).open(place)
  for (let number = 1; number <= count; number++) {
    engine.write({
      entries: [{ key: Buffer.from([number]), value: Buffer.from('v') }],
      position: positionAt(number),
    })
  }
}

test('keeps some first part of unsynced writes when the power fails, each batch whole or not at all', () => {
  const lengths = new Set<number>()
  for (let seed = 1; seed <= 50; seed++) {
    const disk = new SimulatedDisk(seededRandom(seed))
    writeNumbers(disk, 6)
    disk.failPower()
    const { content } = disk.contents()[0] as ReturnType<SimulatedDisk['contents']>[number]
    const kept = [...content.entries.keys()].map((key) => key.charCodeAt(0))
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => index + 1))
    expect(content.position?.offset ?? 0).toBe(kept.length)
    lengths.add(kept.length)
  }
  expect(lengths.size).toBeGreaterThan(3)
})

test('keeps everything over the death of its process, and over an orderly close even without power', () => {
  const disk = new SimulatedDisk(seededRandom(1))
  writeNumbers(disk, 6)
  const engine = disk.mount(alive).open(place)
  expect(engine.entryCount).toBe(6)
  engine.close()
  disk.failPower()
  expect(disk.mount(alive).open(place).position()).toEqual(positionAt(6))
})

test('takes nothing from a dead process', () => {
  const disk = new SimulatedDisk(seededRandom(1))
  const user = { dead: false, step: () => {} }
  const engine = disk.mount(user).open(place)
  user.dead = true
  engine.write({ entries: [{ key: Buffer.from('k'), value: Buffer.from('v') }], position: positionAt(1) })
  expect(disk.mount(alive).open(place).entryCount).toBe(0)
})

test('lists keys in the order of their bytes, both ways', () => {
  const engine = new SimulatedDisk(seededRandom(1)).mount(alive).open(place)
  const keys = [0xff, 0x00, 0x7f, 0x80]
  engine.write({
    entries: keys.map((byte) => ({ key: Buffer.from([byte]), value: Buffer.from('v') })),
    position: undefined,
  })
  const bytesOf = (entries: Iterable<{ readonly key: Buffer }>) => [...entries].map(({ key }) => key[0])
  expect(bytesOf(engine.range(undefined, undefined))).toEqual([0x00, 0x7f, 0x80, 0xff])
  const options = { reverse: true }
  expect(bytesOf(engine.range(Buffer.from([0x7f]), Buffer.from([0xff]), options))).toEqual([0x80, 0x7f])
})

test('refuses a store that is open already', () => {
  const engines = new SimulatedDisk(seededRandom(1)).mount(alive)
  engines.open(place)
  expect(() => engines.open(place)).toThrow('is open already')
})
