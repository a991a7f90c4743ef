import { describe, expect, test } from 'vitest'
import type { Headers } from '../../base/headers.ts'
import { materialize } from '../../data/lazy.ts'
import type { Node, TransformNode } from '../../topology/topology.ts'
import { json, TestFunctions, TestTask, text } from '../fixture.ts'

const source: Node = { kind: 'source', id: 'in', topics: ['in'], key: text, value: json }
const sink = (input: string, topic = 'out'): Node => ({
  kind: 'sink',
  id: `to-${topic}`,
  input,
  topic: { kind: 'topic', name: topic },
  key: text,
  value: json,
})
const plain = (value: unknown): any => materialize(value)

function transform(result: TransformNode['result'], code: (...args: any[]) => unknown): TestTask {
  const functions = new TestFunctions()
  const mapper = functions.add('keyValueTransformer', code)
  const node: Node = { kind: 'transform', id: 't', input: 'in', result, mapper, table: false }
  return new TestTask({ nodes: [source, node, sink('t')], functions })
}

describe('a source and a sink', () => {
  test('carry a value that nobody touches byte for byte, with timestamp and headers', () => {
    const task = new TestTask({ nodes: [source, sink('in')] })
    const headers: Headers = [{ key: 'h', value: Buffer.from('x') }]
    task.push('in', 'k', '{ "b" : 1.0, "a":2 }', { timestampMs: 5, headers })
    expect(task.sent[0]).toMatchObject({ value: '{ "b" : 1.0, "a":2 }', headers })
    expect(task.takeSent()).toEqual(['out: k={ "b" : 1.0, "a":2 } @5'])
  })

  test('carry null keys and null values', () => {
    const task = new TestTask({ nodes: [source, sink('in')] })
    task.push('in', null, '1')
    task.push('in', 'k', null)
    expect(task.takeSent()).toEqual(['out: null=1 @0', 'out: k=null @0'])
  })

  test('say where the record came from and how late it is in the task', () => {
    const task = new TestTask({ nodes: [source, sink('in')] })
    task.push('in', 'k', '1', { timestampMs: 9 })
    task.push('in', 'k', '1', { timestampMs: 4 })
    expect(task.context).toMatchObject({ topic: 'in', partition: 0, offset: 1, streamTimeMs: 9 })
  })

  test('name the side and the operator when bytes are malformed, and never the bytes', () => {
    const task = new TestTask({ nodes: [source, sink('in')] })
    const failing = () => task.push('in', 'k', '{"secret":')
    expect(failing).toThrow(
      expect.objectContaining({
        code: 'VALUE_MALFORMED',
        detail: expect.stringContaining('It is the value of a record read by "in".'),
      }),
    )
    expect(failing).not.toThrow(/secret/)
  })

  test('name the operator when a value does not fit the format', () => {
    const task = new TestTask({
      nodes: [
        source,
        { ...sink('in'), kind: 'sink', value: { notation: 'binary', type: { kind: 'long' } } } as Node,
      ],
    })
    expect(() => task.push('in', 'k', '"text"')).toThrow(
      expect.objectContaining({
        code: 'VALUE_TYPE_MISMATCH',
        detail: expect.stringContaining('It is the value of a record written by "to-out".'),
      }),
    )
  })

  test('take the time that an extractor gives, and leave records with a negative one out', () => {
    const functions = new TestFunctions()
    const timestamp = functions.add('timestampExtractor', (record: any, previous: number) =>
      record.key === 'old' ? -1 : plain(record.value).at + previous,
    )
    const task = new TestTask({ nodes: [{ ...source, timestamp }, sink('in')], functions })
    task.push('in', 'k', '{"at":8}')
    task.push('in', 'old', '{"at":8}')
    task.push('in', 'k', '{"at":10}')
    task.push('in', 'old', '{"at":8}')
    expect(task.takeSent()).toEqual(['out: k={"at":8} @7', 'out: k={"at":10} @17'])
    expect(task.count('weft_records_dropped_total', 'in')).toBe(2)
    // The first one is named, with its place.
    const place = { topic: 'in', partition: 0, offset: 1 }
    expect(task.warnings).toEqual([{ node: 'in', reason: 'negative-timestamp', ...place }])
  })

  test('feed every node that reads the topic', () => {
    const second: Node = { ...source, id: 'again' }
    const task = new TestTask({ nodes: [source, second, sink('in'), sink('again', 'out2')] })
    task.push('in', 'k', '1')
    expect(task.takeSent()).toEqual(['out: k=1 @0', 'out2: k=1 @0'])
  })
})

describe('a sink', () => {
  test('asks its extractor for the topic', () => {
    const functions = new TestFunctions()
    const extractor = functions.add(
      'topicNameExtractor',
      (key: string, _value: unknown, context: any) => `${key}-${context.topic}-${context.offset}`,
    )
    const node = { ...sink('in'), topic: { kind: 'extractor', extractor } } as Node
    const task = new TestTask({ nodes: [source, node], functions })
    task.push('in', 'k', '1')
    expect(task.takeSent()).toEqual(['k-in-0: k=1 @0'])
  })

  test('sends to the partitions that its partitioner gives', () => {
    const functions = new TestFunctions()
    const partitioner = functions.add('streamPartitioner', (_topic, _key, value, count: number) => {
      const wanted = plain(value)
      return wanted === 'last' ? count - 1 : wanted
    })
    const task = new TestTask({
      nodes: [source, { ...sink('in'), partitioner } as Node],
      functions,
      partitionCount: 4,
    })
    for (const value of ['"last"', '[0,2]', 'null']) task.push('in', 'k', value)
    expect(task.sent.map(({ partition }) => partition)).toEqual([3, 0, 2, -1])
    expect(() => task.push('in', 'k', '4')).toThrow(/instead of a partition from 0 to 3/)
  })
})

describe('a filter', () => {
  test('passes what its predicate takes, or negated what it does not', () => {
    const functions = new TestFunctions()
    const predicate = functions.add('predicate', (_key, value) => plain(value) > 1)
    const kept: Node = { kind: 'filter', id: 'kept', input: 'in', predicate, negate: false, table: false }
    const rest: Node = { kind: 'filter', id: 'rest', input: 'in', predicate, negate: true, table: false }
    const task = new TestTask({
      nodes: [source, kept, rest, sink('kept'), sink('rest', 'rest')],
      functions,
    })
    for (const value of ['1', '2']) task.push('in', 'k', value)
    expect(task.takeSent()).toEqual(['rest: k=1 @0', 'out: k=2 @0'])
    expect(task.count('weft_operator_records_in_total', 'kept')).toBe(2)
    expect(task.count('weft_operator_records_out_total', 'kept')).toBe(1)
  })

  test('says which operator called a function that failed', () => {
    const functions = new TestFunctions()
    const predicate = functions.add('predicate', () => {
      throw new TypeError('no such field')
    })
    const node: Node = { kind: 'filter', id: 'kept', input: 'in', predicate, negate: false, table: false }
    const task = new TestTask({ nodes: [source, node], functions })
    expect(() => task.push('in', 'k', '1')).toThrow(
      expect.objectContaining({
        code: 'FUNCTION_FAILED',
        message: 'no such field',
        detail: 'Function "f0" was called by operator "kept".',
        cause: expect.any(TypeError),
      }),
    )
  })
})

describe('a transform', () => {
  test('gives another key', () => {
    const task = transform('key', (key, value) => `${key}-${plain(value)}`)
    task.push('in', 'k', '1', { timestampMs: 3 })
    expect(task.takeSent()).toEqual(['out: k-1=1 @3'])
  })

  test('gives another value, null too', () => {
    const task = transform('value', (_key, value) => (plain(value) === 0 ? null : { n: plain(value) }))
    task.push('in', 'k', '1')
    task.push('in', 'k', '0')
    expect(task.takeSent()).toEqual(['out: k={"n":1} @0', 'out: k=null @0'])
  })

  test('gives another key and value, and refuses anything but a pair', () => {
    const task = transform('key-value', (key, value) => (key === 'bad' ? null : [plain(value), key]))
    task.push('in', 'k', '"v"')
    expect(task.takeSent()).toEqual(['out: v="k" @0'])
    expect(() => task.push('in', 'bad', '1')).toThrow('function "f0" gave null instead of a key and a value')
  })

  test('gives many pairs, or none', () => {
    const task = transform('key-values', (key, value) =>
      plain(value) === 0
        ? null
        : [
            [key, 1],
            ['x', 2],
          ],
    )
    task.push('in', 'k', '1')
    task.push('in', 'k', '0')
    expect(task.takeSent()).toEqual(['out: k=1 @0', 'out: x=2 @0'])
  })

  test('gives many values, and refuses null', () => {
    const task = transform('values', (_key, value) => plain(value))
    task.push('in', 'k', '[1,[2]]')
    task.push('in', 'k', '[]')
    expect(task.takeSent()).toEqual(['out: k=1 @0', 'out: k=[2] @0'])
    expect(() => task.push('in', 'k', 'null')).toThrow(/gave null instead of a list of values/)
  })

  test('changes timestamp and headers, each only where it is given', () => {
    const task = transform('metadata', (key, _value, metadata) => {
      if (key === 'time') return { timestamp: metadata.timestamp + 1, headers: null }
      return {
        timestamp: null,
        headers: [...metadata.headers, { key: 'new', value: 'é' }, { key: 'n', value: null }],
      }
    })
    const headers: Headers = [{ key: 'raw', value: Buffer.from([0, 255]) }]
    task.push('in', 'time', '1', { timestampMs: 5, headers })
    task.push('in', 'headers', '1', { timestampMs: 5, headers })
    expect(task.sent.map(({ timestampMs }) => timestampMs)).toEqual([6, 5])
    expect(task.sent[0]?.headers).toEqual(headers)
    expect(task.sent[1]?.headers?.map(({ key, value }) => [key, value && [...value]])).toEqual([
      ['raw', [0, 255]],
      ['new', [0xc3, 0xa9]],
      ['n', null],
    ])
  })

  test('leaves the record as it was for its other readers', () => {
    const functions = new TestFunctions()
    const mapper = functions.add('keyTransformer', () => 'other')
    const node: Node = { kind: 'transform', id: 't', input: 'in', result: 'key', mapper, table: false }
    const task = new TestTask({ nodes: [source, node, sink('t'), sink('in', 'out2')], functions })
    task.push('in', 'k', '1')
    expect(task.takeSent()).toEqual(['out: other=1 @0', 'out2: k=1 @0'])
  })
})

describe('peek and print', () => {
  test('see each record and pass it on, or end it', () => {
    const functions = new TestFunctions()
    const seen: unknown[] = []
    const action = functions.add('forEach', (key, value) => void seen.push([key, plain(value)]))
    const mapper = functions.add('keyValuePrinter', (key) => `key ${String(key)}`)
    const task = new TestTask({
      nodes: [
        source,
        { kind: 'peek', id: 'p', input: 'in', action },
        { kind: 'print', id: 'l', input: 'p', label: 'here' },
        { kind: 'print', id: 'f', input: 'p', label: 'x', file: 'a.txt', mapper },
        sink('p'),
      ],
      functions,
    })
    task.push('in', 'k', '{"a":1}')
    task.push('in', null, null)
    expect(seen).toEqual([
      ['k', { a: 1 }],
      [null, null],
    ])
    expect(task.printed).toEqual([
      '[here]: k, {"a":1}',
      'a.txt: key k',
      '[here]: null, null',
      'a.txt: key null',
    ])
    expect(task.takeSent()).toHaveLength(2)
  })
})

describe('split and merge', () => {
  test('send each record to the first branch that takes it, and bring branches together', () => {
    const functions = new TestFunctions()
    const small = functions.add('predicate', (_key, value) => plain(value) < 10)
    const even = functions.add('predicate', (_key, value) => plain(value) % 2 === 0)
    const task = new TestTask({
      nodes: [
        source,
        { kind: 'split', id: 's', input: 'in', predicates: [small, even] },
        { kind: 'branch', id: 'b0', input: 's', index: 0 },
        { kind: 'branch', id: 'b1', input: 's', index: 1 },
        { kind: 'merge', id: 'm', inputs: ['b0', 'b1'] },
        sink('b0', 'small'),
        sink('m', 'both'),
      ],
      functions,
    })
    for (const value of ['2', '12', '13']) task.push('in', 'k', value)
    expect(task.takeSent()).toEqual(['both: k=2 @0', 'small: k=2 @0', 'both: k=12 @0'])
  })

  test('a branch without predicate takes what is left', () => {
    const functions = new TestFunctions()
    const small = functions.add('predicate', (_key, value) => plain(value) < 10)
    const task = new TestTask({
      nodes: [
        source,
        { kind: 'split', id: 's', input: 'in', predicates: [small, null] },
        { kind: 'branch', id: 'b1', input: 's', index: 1 },
        sink('b1'),
      ],
      functions,
    })
    for (const value of ['2', '12']) task.push('in', 'k', value)
    expect(task.takeSent()).toEqual(['out: k=12 @0'])
  })
})

describe('a repartition', () => {
  const node: Node = {
    kind: 'repartition',
    id: 'r',
    input: 'in',
    topic: 'x-repartition',
    key: text,
    value: json,
  }

  test('writes its internal topic at the end of one sub-topology', () => {
    const task = new TestTask({ nodes: [source, node] })
    task.push('in', 'k', '1', { timestampMs: 4 })
    expect(task.takeSent()).toEqual(['app-x-repartition: k=1 @4'])
    expect([...task.processors.sources.keys()]).toEqual(['in'])
  })

  test('reads its internal topic at the beginning of the next', () => {
    const task = new TestTask({ nodes: [node, sink('r')] })
    task.push('app-x-repartition', 'k', '1', { timestampMs: 4 })
    expect(task.takeSent()).toEqual(['out: k=1 @4'])
  })

  test('does both in a sub-topology that stands on both sides', () => {
    const task = new TestTask({ nodes: [source, node, sink('r')] })
    task.push('in', 'k', '1')
    task.push('app-x-repartition', 'k', '2')
    expect(task.takeSent()).toEqual(['app-x-repartition: k=1 @0', 'out: k=2 @0'])
  })
})
