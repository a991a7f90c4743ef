import { expect, test } from 'vitest'
import type { DataType } from '../data/types.ts'
import { keyAsColumn } from './key-column.ts'

test.each<[string, DataType, unknown]>([
  ['12', { kind: 'long' }, 12],
  ['9007199254740993', { kind: 'long' }, 9007199254740993n],
  ['12.50', { kind: 'double' }, 12.5],
  ['12.50', { kind: 'decimal', precision: 9, scale: 2 }, 12.5],
  ['true', { kind: 'boolean' }, true],
  ['19874', { kind: 'date' }, 19874],
  ['2024-05-31', { kind: 'date' }, '2024-05-31'],
  ['a', { kind: 'string' }, 'a'],
])('text %j as a key stands for a value of its column (%j)', (key, type, value) => {
  expect(keyAsColumn(key, type)).toBe(value)
})
