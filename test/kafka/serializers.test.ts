/**
 * Values that Weft wrote are read by Python's codecs, which Confluent's serialisers stand on, and by Java's own libraries, and written again to
 * equal bytes; what is equal is read back here to the same value, so that both ways are shown.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { readProtoFiles } from '../../src/registry/proto-file.ts'
import { avroLanguage } from '../../src/serde/avro/avro-language.ts'
import { avroCases } from '../../src/serde/avro/corpus-fixture.ts'
import { protoCases } from '../../src/serde/protobuf/corpus-fixture.ts'
import { canonicalBytes } from '../../src/serde/json/canonical.ts'
import { protoLanguage } from '../../src/serde/protobuf/proto-language.ts'
import type { SchemaLanguage } from '../../src/serde/schema-language.ts'
import { registryClassPath, runJava, whatJavaLacks } from './java-tools.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'
import { sayLeftOut } from '../left-out.ts'

const lacks = whatPythonLacks()
sayLeftOut('Avro and Protobuf of Python', lacks)

interface Written {
  readonly name: string
  readonly kind: string
  readonly schema: string
  readonly hex: string
}

function write(
  kind: string,
  language: SchemaLanguage,
  { name, schema, values }: { name: string; schema: string; values: readonly unknown[] },
): Written[] {
  const encode = language.parse({ text: schema }).encoder('value')
  return values.map((value) => {
    const writer = new ByteWriter()
    encode(value, writer)
    return { name, kind, schema, hex: writer.copy().toString('hex') }
  })
}

function writtenAgain(all: readonly Written[]): readonly unknown[] {
  const program = join(import.meta.dirname, 'clients/written_again.py')
  const input = all.map((one) => `${JSON.stringify(one)}\n`).join('')
  const { stdout, stderr } = spawnSync(pythonWithPackages(), [program], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1_048_576,
  })
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  expect(answers.length, stderr).toBe(all.length)
  return answers
}

function named(all: readonly Written[], answers: readonly unknown[]): unknown[] {
  return all.map(({ name }, index) => ({ name, ...(answers[index] as object) }))
}

const everyAvro = (): Written[] =>
  avroCases.flatMap(({ name, schema, values }) =>
    write('avro', avroLanguage, { name, schema: JSON.stringify(schema), values }),
  )
const everyProto = (): Written[] =>
  protoCases.flatMap(({ name, schema, values }) =>
    write('protobuf', protoLanguage, { name, schema, values: values.map(({ value }) => value) }),
  )

/** As record keys are written. */
const jsonKeys = (): Written[] =>
  [
    '{"place":{"y":2,"x":1},"id":"a"}',
    '{"b":[{"z":1,"y":null}],"a b":true,"a":false,"":0,"B":1,"@type":"T","@a":{"d":1,"c":2},"10":1,"9":2}',
    '{"é":1,"e":2,"😀":3,"\uffee":4}',
    String.raw`["\u0000\u001f\u007f\u2028\/\\\"\b\f\n\r\t","é😀"]`,
    '[0,-0,-1,9007199254740993,123456789012345678901234567890]',
    '[1.0,-0.0,1.50,1e2,0.1,0.001,0.0009,1234567.5,9999999.0,1e7,12345678.9,1E-10,1.7976931348623157e308,5e21]',
  ].map((text, index) => ({
    name: `key ${index}`,
    kind: 'json',
    schema: '',
    hex: canonicalBytes(Buffer.from(text)).toString('hex'),
  }))

/** Python gives a decimal that fills its first byte with the sign alone, such as -128, one byte more than it takes; Java does as we do. */
const longerInPython = new Map([['decimal without decimals 0280', '04ff80']])

describe.skipIf(lacks !== undefined)('Python', () => {
  test('reads every type of Avro, and writes the same bytes', () => {
    const all = everyAvro()
    expect(named(all, writtenAgain(all))).toEqual(
      all.map(({ name, hex }) => ({ name, hex: longerInPython.get(`${name} ${hex}`) ?? hex })),
    )
  })

  test('reads every kind of Protobuf field, and writes the same bytes', () => {
    const all = everyProto()
    expect(named(all, writtenAgain(all))).toEqual(all.map(({ name, hex }) => ({ name, hex })))
  })
})

const javaLacks = whatJavaLacks()
sayLeftOut("Java's own Avro and Protobuf", javaLacks)

describe.skipIf(javaLacks !== undefined)('Java', () => {
  test('reads every type of Avro, every kind of Protobuf field and JSON keys with its own libraries, and writes the same bytes', async () => {
    const all = [...everyAvro(), ...everyProto().map(withDescriptor), ...jsonKeys()]
    const folder = mkdtempSync(join(tmpdir(), 'weft-serializers-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'written.jsonl')
    writeFileSync(file, all.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const lines = (await runJava('weft.WrittenAgain', [file], registryClassPath())).trimEnd().split('\n')
    expect(all.map(({ kind, name }, index) => ({ kind, name, hex: lines[index] }))).toEqual(
      all.map(({ kind, name, hex }) => ({ kind, name, hex })),
    )
  }, 300_000)
})

/** Java's library reads no .proto files: it gets what protoc would make of them. */
function withDescriptor(written: Written): Written {
  const { main } = readProtoFiles(written.schema, [])
  return { ...written, schema: Buffer.from(toBinary(FileDescriptorProtoSchema, main)).toString('base64') }
}
