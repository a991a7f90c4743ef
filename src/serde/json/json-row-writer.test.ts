import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { SlicedRow, type Row } from '../../data/row.ts'
import { SelectedRow, type SelectedColumn } from '../../data/selected-row.ts'
import type { DataType } from '../../data/types.ts'
import { JsonRowReader } from './json-row-reader.ts'
import { JsonRowWriter } from './json-row-writer.ts'
import { jsonSerde } from './json-serde.ts'

const any: DataType = { kind: 'any' }
const reader = (names: string[]): JsonRowReader =>
  new JsonRowReader(names.map((name) => ({ name, type: any })))
function row(from: JsonRowReader, text: string): SlicedRow {
  const filled = new SlicedRow(from.shape)
  from.read(Buffer.from(text), 0, Buffer.byteLength(text), filled)
  return filled
}
const column = (scope: number, index: number, sourceName: string, name = sourceName): SelectedColumn => ({
  from: 'row',
  scope,
  index,
  sourceName,
  name,
  type: any,
})
function write(columns: SelectedColumn[], rows: (Row | undefined)[], cells: unknown[] = []): string {
  const writer = new ByteWriter()
  const selected = new SelectedRow({ columns }, rows, cells.length)
  cells.forEach((cell, index) => (selected.cells[index] = cell))
  new JsonRowWriter(selected.layout).write(selected, writer)
  return writer.view().toString()
}

describe('JsonRowWriter', () => {
  const events = reader(['id', 'user', 'amount'])

  test('copies neighbours with their blanks in one piece', () => {
    expect(
      write(
        [column(0, 0, 'id'), column(0, 1, 'user')],
        [row(events, '{"id": 7 , "user":"é","amount":1.50}')],
      ),
    ).toBe('{"id": 7 , "user":"é"}')
  })

  test('writes columns in the order of the query when the record has another', () => {
    expect(
      write([column(0, 0, 'id'), column(0, 2, 'amount')], [row(events, '{"amount":1.50,"user":"u","id":7}')]),
    ).toBe('{"id":7,"amount":1.50}')
  })

  test('writes a renamed column, and null for one that the record lacks', () => {
    expect(
      write([column(0, 2, 'amount', 'total'), column(0, 1, 'user')], [row(events, '{"amount":1.50}')]),
    ).toBe('{"total":1.50,"user":null}')
  })

  test('writes the last of repeated fields, as parsing would give', () => {
    expect(
      write([column(0, 0, 'id'), column(0, 1, 'user')], [row(events, '{"id":1,"user":"a","id":2}')]),
    ).toBe('{"id":2,"user":"a"}')
  })

  test('pads the columns of a partner that is missing', () => {
    expect(
      write(
        [column(0, 0, 'id'), column(1, 0, 'name'), column(1, 1, 'city')],
        [row(events, '{"id":1}'), undefined],
      ),
    ).toBe('{"id":1,"name":null,"city":null}')
  })

  test('keeps a table row encoded, apart for each query that writes it', () => {
    const user = row(reader(['name', 'city']), '{"name":"A","city":"B","age":3}').detach()
    const event = row(events, '{"id":1}')
    for (let turn = 0; turn < 2; turn++) {
      expect(
        write([column(0, 0, 'id'), column(1, 0, 'name'), column(1, 1, 'city', 'town')], [event, user]),
      ).toBe('{"id":1,"name":"A","town":"B"}')
      expect(write([column(1, 1, 'city'), column(0, 0, 'id')], [event, user])).toBe('{"city":"B","id":1}')
    }
  })

  test('keeps one encoded form of a table row for a query, however often its serde is made', () => {
    const user = row(reader(['name']), '{"name":"A"}').detach()
    const selected = new SelectedRow({ columns: [column(0, 0, 'name')] }, [user], 0)
    for (let start = 0; start < 5; start++) jsonSerde(true).encode(selected, new ByteWriter(), undefined)
    expect(user.fragmentOwner).toBeDefined()
    expect(user.otherFragments).toBeUndefined()
  })

  test('writes computed cells: big integers, text, timestamps in UTC, null', () => {
    const cells: SelectedColumn[] = [
      { from: 'cell', index: 0, name: 'n', type: { kind: 'long' } },
      { from: 'cell', index: 1, name: 't"', type: { kind: 'string' } },
      { from: 'cell', index: 2, name: 'at', type: { kind: 'timestamp' } },
      { from: 'cell', index: 3, name: 'none', type: any },
    ]
    expect(write(cells, [], [9007199254740993n, 'a"b', 1_700_000_000_000_001, null])).toBe(
      '{"n":9007199254740993,"t\\"":"a\\"b","at":"2023-11-14T22:13:20.000001Z","none":null}',
    )
  })

  test('refuses a number that JSON cannot carry and names its column', () => {
    expect(() =>
      write(
        [{ from: 'cell', index: 0, name: 'ratio', type: { kind: 'double' } }],
        [],
        [Number.POSITIVE_INFINITY],
      ),
    ).toThrow('column "ratio"')
  })
})
