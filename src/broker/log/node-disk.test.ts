import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toStreamError, type StreamError } from '../../base/errors.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { NodeDisk } from './node-disk.ts'

/** Where the system has it: a device on which nothing ever fits. */
const fullDevice = '/dev/full'

describe('the disk of this machine', () => {
  test.runIf(existsSync(fullDevice))('says that it is full, for what and what to do', () => {
    const file = new NodeDisk(1).open(fullDevice)
    expect(failureOf(() => file.write(0, Buffer.from('x')))).toMatchObject({
      code: 'DISK_FULL',
      message: `no room left to write "${fullDevice}"`,
      detail: 'The system says ENOSPC.',
      hint: expect.stringContaining('Make room'),
    })
    file.close()
  })

  test('names a path that it cannot use', () => {
    using folder = new TempFolder()
    const path = join(folder.path, 'file')
    writeFileSync(path, '')
    const disk = new NodeDisk(1)
    const beneath = join(path, '0.log')
    for (const work of [() => disk.open(beneath).sizeBytes(), () => disk.makeFolder(beneath)])
      expect(failureOf(work)).toMatchObject({
        code: 'DATA_FOLDER_UNUSABLE',
        message: expect.stringContaining(path),
        detail: expect.stringMatching(/^The system says E[A-Z]+\.$/),
      })
  })

  test('holds no more descriptors than it may, and files go on without', () => {
    using folder = new TempFolder()
    const disk = new NodeDisk(2)
    const files = ['a', 'b', 'c'].map((name) => disk.open(join(folder.path, name)))
    for (const file of files) file.write(0, Buffer.from('whole'))
    for (const file of files) {
      const bytes = Buffer.alloc(5)
      file.read(0, bytes)
      expect(String(bytes)).toBe('whole')
    }
    expect(files.map((file) => 'holdsDescriptor' in file && file.holdsDescriptor)).toEqual([
      false,
      true,
      true,
    ])
    for (const file of files) file.close()
  })
})

function failureOf(work: () => unknown): StreamError {
  try {
    work()
  } catch (error) {
    return toStreamError(error)
  }
  throw new Error('it did not fail')
}
