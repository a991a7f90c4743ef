/** A JSON schema with every kind of value, and values of it. */
const kinds = {
  text: { type: 'string' },
  whole: { type: 'integer' },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  nothing: { type: 'null' },
  maybe: { type: ['string', 'null'] },
  one_of: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
  kind: { enum: ['A', 'B', 3] },
  fixed: { const: 'x' },
  id: { type: 'string', format: 'uuid' },
  list: { type: 'array', items: { type: 'number' } },
  pair: { type: 'array', items: [{ type: 'string' }, { type: 'integer' }] },
  map: { type: 'object', additionalProperties: { type: 'integer' } },
  inner: {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  },
  tree: { $ref: '#/definitions/tree' },
} as const

const tree = {
  type: 'object',
  properties: {
    label: { type: 'string' },
    children: { type: 'array', items: { $ref: '#/definitions/tree' } },
  },
  required: ['label'],
}

export const everyJsonType = {
  schema: JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Everything',
    type: 'object',
    properties: kinds,
    required: ['text'],
    definitions: { tree },
  }),
  values: [
    {
      text: 'grün 👍 "q" \\ \u0001',
      whole: Number.MAX_SAFE_INTEGER,
      number: -1.5e-7,
      flag: true,
      nothing: null,
      maybe: null,
      one_of: 7,
      kind: 3,
      fixed: 'x',
      id: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      list: [1, 0.5, -2],
      pair: ['a', 1],
      map: { x: 1, 'y z': -2 },
      inner: { a: '' },
      tree: { label: 'a', children: [{ label: 'b', children: [] }, { label: 'c' }] },
    },
    {
      text: '',
      whole: -1,
      one_of: 'x',
      kind: 'A',
      maybe: 'm',
      list: [],
      map: {},
      extra: { anything: [null, true] },
    },
  ],
} as const
