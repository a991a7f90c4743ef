import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolders } from './make-folders.ts'

test('folders are made with those above them, and found where they are', () => {
  const root = mkdtempSync(join(tmpdir(), 'weft-folders-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  makeFolders(join(root, 'a', 'b', 'c'))
  makeFolders(join(root, 'a', 'b', 'c'))
  expect(existsSync(join(root, 'a', 'b', 'c'))).toBe(true)
  writeFileSync(join(root, 'file'), '')
  expect(() => makeFolders(join(root, 'file'))).toThrow('EEXIST')
  expect(() => makeFolders(join(root, 'file', 'below'))).toThrow(/ENOTDIR|EEXIST/)
})

test('where no folder can be, that is said', () => {
  expect(() => makeFolders('/proc/weft/state')).toThrow(/ENOENT|EACCES|EPERM|EROFS/)
})
