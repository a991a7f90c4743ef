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
import { afterAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { readProtoFiles } from '../../src/registry/proto-file.ts'
import { avroLanguage } from '../../src/serde/avro/avro-language.ts'
import { avroCases } from '../../src/serde/avro/corpus-fixture.ts'
import { protoCases } from '../../src/serde/protobuf/corpus-fixture.ts'
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
  const encode = language.parse({ text: schema }).encoder()
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
  const folder = mkdtempSync(join(tmpdir(), 'weft-serializers-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('reads every type of Avro and every kind of Protobuf field with its own libraries, and writes the same bytes', async () => {
    const all = [...everyAvro(), ...everyProto().map(withDescriptor)]
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
