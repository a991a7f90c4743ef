/** Pairs of Protobuf schemas, each with a value: readable, or an error that names what is wrong. */
import { proto3 } from './corpus-fixture.ts'

export interface ProtoEvolutionCase {
  readonly name: string
  readonly writer: string
  readonly reader: string
  readonly value: unknown
  readonly expected?: unknown
  readonly error?: RegExp
}

const one = (field: string): string => proto3(`message M { ${field} = 1; }`)

export const protoEvolutionCases: readonly ProtoEvolutionCase[] = [
  {
    name: 'int32 to int64',
    writer: one('int32 a'),
    reader: one('int64 a'),
    value: { a: -5 },
    expected: { a: -5 },
  },
  {
    name: 'uint32 to int64',
    writer: one('uint32 a'),
    reader: one('int64 a'),
    value: { a: 2 ** 32 - 1 },
    expected: { a: 2 ** 32 - 1 },
  },
  {
    name: 'int32 to bool',
    writer: one('int32 a'),
    reader: one('bool a'),
    value: { a: 5 },
    expected: { a: true },
  },
  {
    name: 'string to bytes',
    writer: one('string a'),
    reader: one('bytes a'),
    value: { a: 'é' },
    expected: { a: Uint8Array.of(0xc3, 0xa9) },
  },
  {
    name: 'another name',
    writer: one('string a'),
    reader: one('string b'),
    value: { a: 'x' },
    expected: { b: 'x' },
  },
  {
    name: 'a new field',
    writer: one('int32 a'),
    reader: proto3('message M { int32 a = 1; string b = 2; }'),
    value: { a: 1 },
    expected: { a: 1, b: '' },
  },
  {
    name: 'a field that is gone',
    writer: proto3('message M { int32 a = 1; M b = 2; }'),
    reader: one('int32 a'),
    value: { a: 1, b: { a: 2 } },
    expected: { a: 1 },
  },
  {
    name: 'singular to repeated',
    writer: one('string a'),
    reader: one('repeated string a'),
    value: { a: 'x' },
    expected: { a: ['x'] },
  },
  {
    name: 'an enum value that the reader does not know',
    writer: proto3('enum E { A = 0; B = 1; } message M { E e = 1; }'),
    reader: proto3('enum E { A = 0; } message M { E e = 1; }'),
    value: { e: 'B' },
    expected: { e: 1 },
  },
  { name: 'int32 to string', writer: one('int32 a'), reader: one('string a'), value: { a: 1 }, error: /"a"/ },
  { name: 'int32 to sint32', writer: one('int32 a'), reader: one('sint32 a'), value: { a: 1 }, error: /"a"/ },
  {
    name: 'fixed32 to float',
    writer: one('fixed32 a'),
    reader: one('float a'),
    value: { a: 1 },
    error: /"a"/,
  },
  {
    name: 'a nested field of another type',
    writer: proto3('message M { N n = 1; message N { int32 x = 1; } }'),
    reader: proto3('message M { N n = 1; message N { string x = 1; } }'),
    value: { n: { x: 1 } },
    error: /"n.x"/,
  },
  {
    name: 'a required field that is new',
    writer: 'syntax = "proto2"; message M { }',
    reader: 'syntax = "proto2"; message M { required int32 a = 1; }',
    value: {},
    error: /"a"/,
  },
  {
    name: 'recursion',
    writer: proto3('message M { int32 a = 1; M m = 2; repeated M l = 3; }'),
    reader: proto3('message M { int64 a = 1; M m = 2; }'),
    value: { a: 1, m: { a: 2 }, l: [{ a: 3 }] },
    expected: { a: 1, m: { a: 2, m: null } },
  },
  {
    name: 'defaults of what was not written',
    writer: 'syntax = "proto2"; message M { }',
    reader:
      'syntax = "proto2"; message M { optional int32 a = 1 [default = -7]; optional string b = 2 [default = "x"]; optional double c = 3 [default = inf]; optional E e = 4 [default = ONE]; optional bytes f = 5 [default = "\\001"]; optional bool g = 6 [default = true]; enum E { ZERO = 0; ONE = 1; } }',
    value: {},
    expected: { a: -7, b: 'x', c: Number.POSITIVE_INFINITY, e: 'ONE', f: Uint8Array.of(1), g: true },
  },
  {
    name: 'a field into a oneof',
    writer: one('int32 a'),
    reader: proto3('message M { oneof choice { int32 a = 1; string b = 2; } }'),
    value: { a: 5 },
    expected: { a: 5, b: null },
  },
  {
    name: 'values of a map that are wider',
    writer: one('map<string, int32> a'),
    reader: one('map<string, int64> a'),
    value: { a: { x: -1 } },
    expected: { a: { x: -1 } },
  },
  {
    name: 'values of a map of another type',
    writer: one('map<string, int32> a'),
    reader: one('map<string, string> a'),
    value: { a: { x: 1 } },
    error: /"a/,
  },
  {
    name: 'an enum to a number',
    writer: proto3('enum E { A = 0; B = 1; } message M { E e = 1; }'),
    reader: proto3('message M { int32 e = 1; }'),
    value: { e: 'B' },
    expected: { e: 1 },
  },
  {
    name: 'repeated to singular keeps the last',
    writer: one('repeated string a'),
    reader: one('string a'),
    value: { a: ['x', 'y'] },
    expected: { a: 'y' },
  },
  {
    name: 'a message to text',
    writer: one('M a'),
    reader: one('string a'),
    value: { a: { a: null } },
    error: /"a"/,
  },
]
