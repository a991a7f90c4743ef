/** Messages with every kind of field: used here against another codec, and in `test/kafka` against Python's and Java's. */

export interface ProtoCase {
  readonly name: string
  readonly schema: string
  /** As Weft has them; `read` where defaults come back that were not written. */
  readonly values: readonly { readonly value: unknown; readonly read?: unknown }[]
}

export const proto3 = (body: string): string => `syntax = "proto3"; ${body}`
const numbers = [
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
] as const

const extremes: Readonly<Record<string, readonly unknown[]>> = {
  int32: [0, 1, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31)],
  sint32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
  sfixed32: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  uint32: [0, 1, 2 ** 32 - 1],
  fixed32: [0, 1, 2 ** 32 - 1],
  int64: [
    0,
    1,
    -1,
    2 ** 32,
    -(2 ** 33),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ],
  sint64: [0, 1, -1, 2 ** 32, -(2 ** 33), Number.MAX_SAFE_INTEGER, 2n ** 63n - 1n, -(2n ** 63n)],
  sfixed64: [0, 1, -1, -(2 ** 33), 2n ** 63n - 1n, -(2n ** 63n)],
  uint64: [0, 1, 2 ** 40, 2n ** 64n - 1n],
  fixed64: [0, 1, 2 ** 40, 2n ** 64n - 1n],
}

export const protoCases: readonly ProtoCase[] = [
  ...numbers.map((type) => ({
    name: type,
    schema: proto3(`message M { ${type} v = 1; repeated ${type} list = 2; optional ${type} maybe = 3; }`),
    values: (extremes[type] ?? []).map((v) => ({ value: { v, list: [v, v], maybe: v } })),
  })),
  {
    name: 'double',
    schema: proto3('message M { double v = 1; repeated double list = 2; }'),
    values: [0, -0, 1.5, Number.POSITIVE_INFINITY, 5e-324, Number.NaN].map((v) => ({
      value: { v, list: [v] },
    })),
  },
  {
    name: 'float',
    schema: proto3('message M { float v = 1; }'),
    values: [0, -0, -1.5, Number.NEGATIVE_INFINITY, Number.NaN].map((v) => ({ value: { v } })),
  },
  {
    name: 'bool',
    schema: proto3('message M { bool v = 1; repeated bool list = 2; }'),
    values: [{ value: { v: true, list: [true, false] } }],
  },
  {
    name: 'string',
    schema: proto3('message M { string v = 1; repeated string list = 2; }'),
    values: ['', 'a', 'é👍', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(300)].map((v) => ({
      value: { v, list: [v] },
    })),
  },
  {
    name: 'bytes',
    schema: proto3('message M { bytes v = 1; }'),
    values: [{ value: { v: Uint8Array.of(0, 255) } }, { value: { v: new Uint8Array() } }],
  },
  {
    name: 'enum',
    schema: proto3(
      'enum E { ZERO = 0; ONE = 1; MINUS = -1; } message M { E v = 1; repeated E list = 2; optional E maybe = 3; }',
    ),
    values: [
      { value: { v: 'ONE', list: ['ZERO', 'MINUS'], maybe: 'ZERO' } },
      { value: { v: 7, list: [], maybe: null } },
    ],
  },
  {
    name: 'absent fields, proto3',
    schema: proto3(
      'message M { int32 i = 1; string s = 2; optional int32 o = 3; M m = 4; repeated int32 l = 5; map<string, int32> p = 6; }',
    ),
    values: [
      { value: {}, read: { i: 0, s: '', o: null, m: null, l: [], p: {} } },
      {
        value: { o: 0, m: {} },
        read: { i: 0, s: '', o: 0, m: { i: 0, s: '', o: null, m: null, l: [], p: {} }, l: [], p: {} },
      },
    ],
  },
  {
    name: 'absent fields, proto2',
    schema:
      'syntax = "proto2"; message M { required int32 r = 1; optional int32 o = 2; optional int32 d = 3 [default = 5]; optional string s = 4 [default = "x"]; }',
    values: [
      { value: { r: 1 }, read: { r: 1, o: null, d: 5, s: 'x' } },
      { value: { r: 0, o: 0, d: 0, s: '' } },
    ],
  },
  {
    name: 'oneof',
    schema: proto3('message M { oneof choice { int32 number = 1; string text = 2; M nested = 3; } }'),
    values: [
      { value: { number: 0, text: null, nested: null } },
      { value: { number: null, text: 'x', nested: null } },
      { value: { number: null, text: null, nested: { number: 1, text: null, nested: null } } },
    ],
  },
  {
    name: 'maps',
    schema: proto3('message M { map<string, int64> a = 1; map<int32, string> b = 2; map<bool, M> c = 3; }'),
    values: [
      {
        value: {
          a: { x: 1, y: 2n ** 60n },
          b: { [-1]: 'minus' },
          c: { true: { a: {}, b: {}, c: {} } },
        },
      },
    ],
  },
  {
    name: 'nesting and long lengths',
    schema: proto3('message M { string s = 1; M m = 2; repeated M l = 3; }'),
    values: [
      {
        value: {
          s: 'a',
          m: { s: 'x'.repeat(200), m: { s: 'y'.repeat(20_000), m: null, l: [] }, l: [] },
          l: [{ s: '', m: null, l: [] }],
        },
      },
    ],
  },
  {
    name: 'groups',
    schema:
      'syntax = "proto2"; message M { optional group Part = 1 { optional int32 a = 2; } repeated group Item = 3 { optional string b = 4; } }',
    values: [{ value: { part: { a: 1 }, item: [{ b: 'x' }, { b: null }] } }],
  },
  {
    name: 'well-known types',
    schema: proto3(
      'import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/duration.proto"; message M { google.protobuf.Timestamp at = 1; google.protobuf.Int64Value n = 2; google.protobuf.Duration d = 3; }',
    ),
    values: [
      { value: { at: { seconds: 1_700_000_000, nanos: 5 }, n: { value: 0 }, d: { seconds: -1, nanos: -5 } } },
    ],
  },
  {
    name: 'large field numbers',
    schema: proto3('message M { int32 a = 536870911; string b = 2047; }'),
    values: [{ value: { a: 5, b: 'x' } }],
  },
  {
    name: 'packed or not',
    schema: 'syntax = "proto2"; message M { repeated int32 a = 1; repeated int32 b = 2 [packed = true]; }',
    values: [{ value: { a: [1, 300], b: [1, 300] } }],
  },
  {
    name: 'maps by every kind of key',
    schema: proto3(
      'message M { map<int64, string> a = 1; map<uint32, bytes> b = 2; map<sint64, E> c = 3; map<fixed64, double> d = 4; map<sfixed32, bool> e = 5; enum E { ZERO = 0; ONE = 1; } }',
    ),
    values: [
      {
        value: {
          a: { '-9223372036854775808': 'least' },
          b: { 4294967295: Uint8Array.of(1) },
          c: { '-1': 'ONE' },
          d: { '18446744073709551615': 0.5 },
          e: { '-5': true },
        },
      },
    ],
  },
  {
    name: 'oneof of every kind',
    schema: proto3(
      'message M { oneof choice { double d = 1; float f = 2; bool b = 3; bytes y = 4; E e = 5; sint64 s = 6; fixed32 x = 7; } enum E { ZERO = 0; ONE = 1; } }',
    ),
    values: [
      { d: 0 },
      { f: 0.5 },
      { b: false },
      { y: new Uint8Array() },
      { e: 'ZERO' },
      { s: -(2n ** 63n) },
      { x: 0 },
    ].map((set) => ({ value: { d: null, f: null, b: null, y: null, e: null, s: null, x: null, ...set } })),
  },
  {
    name: 'messages within each other',
    schema: proto3(
      'message M { N n = 1; } message N { repeated M list = 1; map<string, M> by_name = 2; N.Kind kind = 3; enum Kind { NONE = 0; SOME = 1; } }',
    ),
    values: [
      {
        value: {
          n: {
            list: [{ n: null }, { n: { list: [], by_name: {}, kind: 'SOME' } }],
            by_name: { x: { n: null } },
            kind: 'NONE',
          },
        },
      },
    ],
  },
  {
    name: 'well-known types of every wrapper',
    schema: proto3(
      'import "google/protobuf/wrappers.proto"; message M { google.protobuf.DoubleValue a = 1; google.protobuf.StringValue b = 2; google.protobuf.BytesValue c = 3; google.protobuf.BoolValue d = 4; google.protobuf.UInt64Value e = 5; repeated google.protobuf.Int32Value f = 6; google.protobuf.FloatValue g = 7; google.protobuf.UInt32Value h = 8; }',
    ),
    values: [
      {
        value: {
          a: { value: 0 },
          b: { value: '' },
          c: { value: Uint8Array.of(1) },
          d: { value: true },
          e: { value: 2n ** 64n - 1n },
          f: [{ value: -1 }, { value: 0 }],
          g: null,
          h: null,
        },
      },
    ],
  },
  {
    name: 'an edition',
    schema:
      'edition = "2023"; message M { int32 explicit = 1; int32 implicit = 2 [features.field_presence = IMPLICIT]; repeated int32 expanded = 3 [features.repeated_field_encoding = EXPANDED]; M delimited = 4 [features.message_encoding = DELIMITED]; }',
    values: [
      { value: { explicit: 0, implicit: 0, expanded: [1, 300], delimited: null } },
      {
        value: {
          explicit: null,
          implicit: 1,
          expanded: [],
          delimited: { explicit: 5, implicit: 0, expanded: [], delimited: null },
        },
      },
    ],
  },
]
