import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, describe, expect, test } from 'vitest'
import { openDataFile, type DataFile, type DataRecord } from './data-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function readAll(file: DataFile): Promise<DataRecord[]> {
  await using open = await openDataFile(file)
  const records: DataRecord[] = []
  for await (const chunk of open.read()) records.push(...chunk)
  expect(open.recordCount).toBe(records.length)
  return records
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function writeParquet(name: string, query: string): Promise<string> {
  const path = join(folder, name)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

describe('openDataFile', () => {
  test('reads CSV with key and time; numbers are numbers, and dates are written as ISO has them', async () => {
    const path = write('a.csv', 'id,at,n\nx,2001/01/02 03:04,1.5\ny,2001/01/02 03:05,2\n')
    expect(await readAll({ path, format: 'csv', key: 'id', eventTime: 'at' })).toEqual([
      {
        key: 'x',
        value: '{"id":"x","at":"2001-01-02 03:04:00","n":1.5}',
        timestampMs: Date.UTC(2001, 0, 2, 3, 4),
      },
      {
        key: 'y',
        value: '{"id":"y","at":"2001-01-02 03:05:00","n":2.0}',
        timestampMs: Date.UTC(2001, 0, 2, 3, 5),
      },
    ])
  })

  test('reads a JSON list and JSON lines alike', async () => {
    const list = write('a.json', '[{"id":1,"t":1700000000000},{"id":2,"t":1700000000001}]')
    const lines = write('a.jsonl', '{"id":1,"t":1700000000000}\n{"id":2,"t":1700000000001}\n')
    const expected = [
      { key: '1', value: '{"id":1,"t":1700000000000}', timestampMs: 1_700_000_000_000 },
      { key: '2', value: '{"id":2,"t":1700000000001}', timestampMs: 1_700_000_000_001 },
    ]
    expect(await readAll({ path: list, format: 'json', key: 'id', eventTime: 't' })).toEqual(expected)
    expect(await readAll({ path: lines, format: 'jsonl', key: 'id', eventTime: 't' })).toEqual(expected)
  })

  test.each([
    ['empty.jsonl', 'jsonl', '\n'],
    ['empty.json', 'json', '[]'],
    ['empty.csv', 'csv', ''],
  ] as const)('says of %s that it is empty', async (name, format, text) => {
    const path = write(name, text)
    await expect(openDataFile({ path, format, key: 'id' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `"${path}" is empty`,
    })
  })

  test('objects without fields have no column, and a field "json" is one', async () => {
    const none = write('none.jsonl', '{}\n{}\n')
    await using without = await openDataFile({ path: none, format: 'jsonl' })
    expect(without.columns).toEqual([])
    expect(without.recordCount).toBe(2)
    const one = write('one.jsonl', '{"json":"x"}\n')
    await using withOne = await openDataFile({ path: one, format: 'jsonl', key: 'json' })
    expect(withOne.columns.map(({ name }) => name)).toEqual(['json'])
  })

  test('tells the columns and their types', async () => {
    const path = write('b.jsonl', '{"a":1,"b":1.5,"c":"x","d":true,"e":[1],"f":{"g":1}}\n')
    await using open = await openDataFile({ path, format: 'jsonl' })
    expect(open.columns.map((column) => `${column.name} ${column.type.kind}`)).toEqual([
      'a long',
      'b double',
      'c string',
      'd boolean',
      'e list',
      'f struct',
    ])
  })

  test('leaves JSON as it stands: long numbers, decimals, absent fields, blanks', async () => {
    const path = write(
      'exact.jsonl',
      '{"x":123456789012345678901234567890, "z":1.00}\n{"y":9007199254740993,"k":{"b":1}}\n',
    )
    expect(await readAll({ path, format: 'jsonl', key: 'y' })).toEqual([
      { key: null, value: '{"x":123456789012345678901234567890, "z":1.00}', timestampMs: undefined },
      { key: '9007199254740993', value: '{"y":9007199254740993,"k":{"b":1}}', timestampMs: undefined },
    ])
  })

  test('gives equal values of JSON one key, and those that JSON as a key has', async () => {
    const path = write('keys.jsonl', '{"k":1.10}\n{"k":1.1}\n{"k":{"b":1,"a":2}}\n{"k":{"a":2, "b":1}}\n')
    const keys = (await readAll({ path, format: 'jsonl', key: 'k' })).map(({ key }) => key)
    expect(keys).toEqual(['1.1', '1.1', '{"a":2,"b":1}', '{"a":2,"b":1}'])
  })

  test('gives a value the key in CSV and Parquet that it has in JSON', async () => {
    const csv = write('keys.csv', 'k\n1e20\n1e-07\n12.50\n')
    const json = write('same.jsonl', '{"k":1e20}\n{"k":1e-07}\n{"k":12.50}\n')
    const keysOf = async (file: DataFile): Promise<unknown> => (await readAll(file)).map(({ key }) => key)
    const expected = ['1.0E20', '1.0E-7', '12.5']
    expect(await keysOf({ path: json, format: 'jsonl', key: 'k' })).toEqual(expected)
    expect(await keysOf({ path: csv, format: 'csv', key: 'k' })).toEqual(expected)
    const path = await writeParquet(
      'keys.parquet',
      `SELECT 12.50::DECIMAL(6, 2) AS k, DATE '2001-01-02' AS at`,
    )
    expect(await keysOf({ path, format: 'parquet', key: 'k' })).toEqual(['12.5'])
    expect(await keysOf({ path, format: 'parquet', key: 'at' })).toEqual(['2001-01-02'])
  })

  test('refuses numbers that JSON cannot say, with row and field', async () => {
    const csv = write('beyond.csv', 'id,amt,note\n1,2.5,NaN\n2,1e400,x\n')
    await expect(readAll({ path: csv, format: 'csv' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `row 2 of "${csv}" has a number in field "amt" that JSON cannot say`,
      detail: 'It is read as Infinity. Rows before it may have been sent.',
    })
    const path = await writeParquet(
      'beyond.parquet',
      `SELECT 'Infinity":NaN' AS id, {'in': [1.0, '-inf'::DOUBLE]} AS x, 'nan'::FLOAT AS y`,
    )
    await expect(readAll({ path, format: 'parquet' })).rejects.toMatchObject({
      message: `row 1 of "${path}" has a number in field "x" that JSON cannot say`,
      detail: expect.stringContaining('-Infinity'),
    })
  })

  test.each([
    ['too many', 'id,"na,me"\n1,"a\nb"\n2,b\n3,c,extra\n', 3, 'It has 3 fields, the first line 2.'],
    ['too few', 'id;name\n1;a\n2\n3;c\n', 2, 'It has 1 field, the first line 2.'],
    [
      'too many, far behind',
      `id,name\n${'1,a\n'.repeat(50_000)}2,b,c\n`,
      50_001,
      'It has 3 fields, the first line 2.',
    ],
  ])(
    'names a row of a CSV file with %s fields, rather than leaving rows out',
    async (_, text, row, detail) => {
      const path = write('ragged.csv', text)
      await expect(readAll({ path, format: 'csv' })).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: `row ${row} of "${path}" does not fit the first line`,
        detail,
      })
    },
  )

  test('finds the delimiter from the first line', async () => {
    const path = write('semicolon.csv', 'id;name\n1;a,b\n')
    expect(await readAll({ path, format: 'csv', key: 'name' })).toMatchObject([
      { key: 'a,b', value: '{"id":1,"name":"a,b"}' },
    ])
  })

  test('refuses a time that is none, as the fault of the file', async () => {
    const path = write('time.csv', 'id,at\nx,yesterday\n')
    await expect(readAll({ path, format: 'csv', eventTime: 'at' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      detail: expect.not.stringContaining('yesterday'),
    })
  })

  test('names a field that the file does not have, and those it has', async () => {
    const path = write('c.csv', 'id,n\nx,1\n')
    await expect(openDataFile({ path, format: 'csv', key: 'idd' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `"${path}" has no field "idd" to take as key`,
      hint: 'Take one of "id", "n".',
    })
  })

  test('refuses a CSV file whose header has a name twice', async () => {
    const path = write('twice.csv', 'id,name,ID\n1,a,2\n')
    await expect(openDataFile({ path, format: 'csv' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `"${path}" has two columns "ID"`,
    })
  })

  test('refuses a CSV file without a header', async () => {
    const path = write('empty.csv', '')
    await expect(openDataFile({ path, format: 'csv' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `"${path}" is empty`,
    })
  })

  test('names a file that is not there', async () => {
    await expect(openDataFile({ path: join(folder, 'none.csv'), format: 'csv' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })
})
