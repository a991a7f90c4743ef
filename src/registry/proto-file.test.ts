import { clearField, create, createFileRegistry, equals, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import type { StreamError } from '../base/errors.ts'
import { protoText, readProtoFiles } from './proto-file.ts'
import { printFile } from './proto/print-file.ts'
import { furtherFiles } from './proto/further-files.ts'
import { jsonName } from './proto/parse-field.ts'
import { wellKnownFiles } from './proto/well-known.ts'

const everything = `
  syntax = "proto2"; // a comment
  package shop.orders;
  import public "google/protobuf/timestamp.proto";
  import "money.proto";
  option java_package = "com.example" "\\x2eshop";
  option (custom).thing = { a: 1, b: [2, 3] nested { c: "x" } };
  message Order {
    option deprecated = true;
    required int64 id = 1 [deprecated = true];
    optional string note = 2 [default = "it's \\"fine\\"\\n", json_name = "remark"];
    repeated sint32 counts = 3 [packed = true, (my.option) = "no"];
    optional bytes raw = 4 [default = "\\000\\xffa"];
    optional Status status = 5 [default = OPEN];
    map<string, .money.Money> totals = 6;
    optional group Extra = 7 { optional bool flag = 1; }
    oneof pay { Card card = 8; string cash_note = 9; }
    optional double limit = 10 [default = -inf];
    optional google.protobuf.Timestamp at = 11;
    message Card { optional uint32 number = 1; enum Brand { UNKNOWN = 0; VISA = 1; } optional Brand brand = 2; }
    reserved 20, 30 to 40;
    reserved "gone", "lost";
    extensions 100 to max;
    extend Order { optional int32 inner = 101; }
  }
  enum Status { option allow_alias = true; OPEN = 0; BEGUN = 0; DONE = -0x1; reserved 5 to max; }
  extend Order { optional fixed32 outer = 100; }
  service Shop { rpc Buy (stream Order) returns (Order.Card) { option deprecated = true; } rpc Look (Order) returns (stream Order); }
`
const money = {
  name: 'money.proto',
  text: 'syntax = "proto3"; package money; message Money { optional int64 units = 1; string currency_code = 2; }',
}

const imported = `syntax = "proto3";
import "confluent/meta.proto";
import "confluent/type/decimal.proto";
import "google/type/date.proto";
import "google/type/datetime.proto";
message Order {
  option (confluent.message_meta).doc = "as Kafka Connect writes it";
  confluent.type.Decimal total = 1 [(confluent.field_meta) = { params: [{ key: "precision", value: "9" }] }];
  google.type.Date day = 2;
  google.type.DateTime at = 3;
}`

function thrown(work: () => unknown): StreamError {
  try {
    work()
  } catch (error) {
    return error as StreamError
  }
  throw new Error('nothing was thrown')
}

/** Descriptors in the library leave out what can be derived, and the content of options that it does not know. */
function withJsonNames(file: FileDescriptorProto): FileDescriptorProto {
  const copy = fromBinary(FileDescriptorProtoSchema, toBinary(FileDescriptorProtoSchema, file))
  const visit = (messages: FileDescriptorProto['messageType']): void => {
    for (const { field, extension, nestedType } of messages) {
      for (const one of [...field, ...extension]) {
        one.jsonName ||= jsonName(one.name)
        const empty = one.options !== undefined && toBinary(FieldOptionsSchema, one.options).length === 0
        if (empty) clearField(one, FieldDescriptorProtoSchema.field.options)
      }
      visit(nestedType)
    }
  }
  visit(copy.messageType)
  return copy
}

describe('Protobuf schemas', () => {
  test.each([...wellKnownFiles])('%s is the same after printing and reading', (name, file) => {
    const { main } = readProtoFiles(printFile(file))
    main.name = name
    expect(main).toEqual(withJsonNames(file))
  })

  test('text and descriptor say the same of everything that a file can hold', () => {
    const { main, all } = readProtoFiles(everything, [money])
    const binary = Buffer.from(toBinary(FileDescriptorProtoSchema, main)).toString('base64')
    expect(equals(FileDescriptorProtoSchema, readProtoFiles(binary, [money]).main, main)).toBe(true)
    expect(readProtoFiles(protoText(binary), [money]).main).toEqual(main)
    expect(protoText(everything)).toBe(everything)
    expect(all.map(({ name }) => name)).toEqual(['google/protobuf/timestamp.proto', 'money.proto', 'default'])
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...all] }))
    const order = registry.getMessage('shop.orders.Order')
    expect(order?.fields.map((field) => [field.number, field.localName, field.fieldKind])).toEqual([
      [1, 'id', 'scalar'],
      [2, 'note', 'scalar'],
      [3, 'counts', 'list'],
      [4, 'raw', 'scalar'],
      [5, 'status', 'enum'],
      [6, 'totals', 'map'],
      [7, 'extra', 'message'],
      [8, 'card', 'message'],
      [9, 'cashNote', 'scalar'],
      [10, 'limit', 'scalar'],
      [11, 'at', 'message'],
    ])
    expect(main.messageType[0]?.field[3]?.defaultValue).toBe('\\000\\377a')
    expect(main.options?.javaPackage).toBe('com.example.shop')
  })

  test('may import the files that serialisers have with them, and those only that they use come along', () => {
    const { all } = readProtoFiles(imported)
    expect(all.map(({ name }) => name)).toEqual([
      'google/protobuf/descriptor.proto',
      'confluent/meta.proto',
      'confluent/type/decimal.proto',
      'google/type/date.proto',
      'google/protobuf/duration.proto',
      'google/type/datetime.proto',
      'default',
    ])
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...all] }))
    const types = registry.getMessage('Order')?.fields.map(({ message }) => message?.typeName)
    expect(types).toEqual(['confluent.type.Decimal', 'google.type.Date', 'google.type.DateTime'])
  })

  test.each([...furtherFiles.keys()])('%s can be imported', (path) => {
    const { all } = readProtoFiles(`syntax = "proto3"; import "${path}"; message M {}`)
    expect(() => createFileRegistry(create(FileDescriptorSetSchema, { file: [...all] }))).not.toThrow()
  })

  test('a reference goes before a file of the same path', () => {
    const own = { name: 'google/type/date.proto', text: 'syntax = "proto3"; message Own {}' }
    const { all } = readProtoFiles(
      'syntax = "proto3"; import "google/type/date.proto"; message M { Own own = 1; }',
      [own],
    )
    expect(all[0]?.messageType.map(({ name }) => name)).toEqual(['Own'])
  })

  test('the innermost type of a name wins', () => {
    const { main } = readProtoFiles(`syntax = "proto3"; package a;
      message B { message C { D d = 1; message D {} } message D {} .a.D far = 2; D near = 3; } message D {}`)
    const [b] = main.messageType
    expect(b?.nestedType[0]?.field[0]?.typeName).toBe('.a.B.C.D')
    expect(b?.field.map(({ typeName }) => typeName)).toEqual(['.a.D', '.a.B.D'])
  })

  test('optional fields of proto3 stand alone in oneofs behind the written ones', () => {
    const { main } = readProtoFiles(
      'syntax = "proto3"; message A { optional int32 a = 1; oneof b { int32 c = 2; } }',
    )
    const [a] = main.messageType
    expect(a?.oneofDecl.map(({ name }) => name)).toEqual(['b', '_a'])
    expect(a?.field.map(({ oneofIndex }) => oneofIndex)).toEqual([1, 0])
  })

  test.each([
    ['message A { int32 a 1; }', 'Line 1, column 21: expected "=", found "1".'],
    ['message A {\n  Missing a = 1;\n}', 'There is no type "Missing" in "A" or around it.'],
    ['import "other.proto";', 'The import "other.proto" is not among the references.'],
    ['syntax = "proto4";', 'Line 1, column 18: there is no syntax "proto4".'],
    ['message A { option no_such = 1; }', 'Line 1, column 34: there is no option "no_such" here.'],
    ['message A {', 'Line 1, column 12: expected a name, found the end.'],
    ['message #', 'Line 1, column 9: this is no Protobuf.'],
    ['message A {'.repeat(70), 'Line 1, column 726: messages are nested deeper than 64.'],
  ])('%j is named as not valid, with its place', (text, detail) => {
    expect(thrown(() => readProtoFiles(text))).toMatchObject({ code: 'SCHEMA_INVALID', detail })
  })

  test('files that import each other are refused', () => {
    const a = { name: 'a.proto', text: 'import "b.proto";' }
    const b = { name: 'b.proto', text: 'syntax = "proto3";' }
    expect(thrown(() => readProtoFiles('import "a.proto";', [a, b])).code).toBe('SCHEMA_INVALID')
  })
})
