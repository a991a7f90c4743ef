import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { rowOfCells } from '../../data/row.ts'
import { SelectedRow } from '../../data/selected-row.ts'
import type { Column, DataType } from '../../data/types.ts'
import { avroDecoder, avroEncoder } from './avro-codec.ts'
import { columnsOfAvro } from './data-types.ts'
import { avroSchemaOfColumns } from './made-schema.ts'
import { parseAvroSchema } from './parse-schema.ts'

/** The cells written with the schema that is made of their columns, and read again. */
function throughMadeSchema(columns: readonly Column[], cells: readonly unknown[]): unknown {
  const layout = { columns: columns.map((column, index) => ({ ...column, from: 'cell' as const, index })) }
  const row = new SelectedRow(layout, [rowOfCells([], [])], cells.length)
  cells.forEach((cell, index) => (row.cells[index] = cell))
  const schema = parseAvroSchema(avroSchemaOfColumns(columns))
  const writer = new ByteWriter()
  avroEncoder(schema)(row, writer)
  return avroDecoder(schema)(writer.copy(), 0, writer.length)
}

function madeOf(type: DataType): unknown {
  const { fields } = JSON.parse(avroSchemaOfColumns([{ name: 'c', type }])) as {
    fields: { type: unknown[] }[]
  }
  return fields[0]?.type[1]
}

const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }

describe('made schemas', () => {
  test.each([
    ['decimal', decimal, ['12.30', null]],
    ['big-decimal', { type: 'bytes', logicalType: 'big-decimal' }, ['1.2E+4', null]],
    ['uuid', { type: 'string', logicalType: 'uuid' }, ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', null]],
    ['time', { type: 'int', logicalType: 'time-millis' }, [86_399_999, null]],
    ['date', { type: 'int', logicalType: 'date' }, [-719_162, null]],
    ['nanoseconds', { type: 'long', logicalType: 'timestamp-nanos' }, [1_700_000_000_123_456_789n, null]],
  ])('keep what %s inside lists stands for', (_name, items, list) => {
    const array = { type: 'array', items: ['null', items] }
    const source = { type: 'record', name: 'R', fields: [{ name: 'c', type: array }] }
    const columns = columnsOfAvro(parseAvroSchema(JSON.stringify(source))) ?? []
    expect(JSON.parse(avroSchemaOfColumns(columns))).toMatchObject({ fields: [{ type: ['null', array] }] })
    expect(throughMadeSchema(columns, [list])).toEqual({ c: list })
  })

  test('write decimals of fixed size as bytes of any', () => {
    const fixed = { type: 'fixed', name: 'F', size: 16, logicalType: 'decimal', precision: 9, scale: 2 }
    const source = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'c', type: { type: 'map', values: fixed } }],
    }
    const columns = columnsOfAvro(parseAvroSchema(JSON.stringify(source))) ?? []
    expect(madeOf(columns[0]?.type as DataType)).toEqual({ type: 'map', values: ['null', decimal] })
    expect(throughMadeSchema(columns, [{ a: '-0.01' }])).toEqual({ c: { a: '-0.01' } })
  })

  test('give each record a name of its own, whatever the names of its fields', () => {
    const x: DataType = { kind: 'struct', fields: [{ name: 'x', type: { kind: 'int' }, required: true }] }
    const columns: Column[] = [
      { name: 'a', type: { kind: 'struct', fields: [{ name: 'b_c', type: x, required: true }] } },
      { name: 'a_b', type: { kind: 'struct', fields: [{ name: 'c', type: x, required: true }] } },
    ]
    const cells = [{ b_c: { x: 1 } }, { c: { x: 2 } }]
    expect(throughMadeSchema(columns, cells)).toEqual({ a: { b_c: { x: 1 } }, a_b: { c: { x: 2 } } })
  })

  test.each<[DataType, unknown, string]>([
    [{ kind: 'list', of: { kind: 'union', of: [{ kind: 'int' }, { kind: 'string' }] } }, [1, 'a'], '[1,"a"]'],
    [{ kind: 'list', of: { kind: 'tuple', of: [{ kind: 'int' }] } }, [[1]], '[[1]]'],
    [{ kind: 'map', of: { kind: 'any' } }, { a: 1 }, '{"a":1}'],
    [{ kind: 'struct' }, { a: [true] }, '{"a":[true]}'],
  ])('write as JSON text what Avro has no type for: %j', (type, cell, text) => {
    expect(madeOf(type)).toBe('string')
    expect(throughMadeSchema([{ name: 'c', type }], [cell])).toEqual({ c: text })
  })
})
