import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Serde } from '../../serde/serde.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import { openDriver } from '../../testing/open-driver.ts'
import type { Node } from '../../topology/topology.ts'
import type { OutgoingRecord } from '../environment.ts'
import { storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'
import { Answer, answerSerde, request, Subscription, subscriptionSerde } from './foreign-key-messages.ts'

const bytes = { notation: 'binary', type: { kind: 'bytes' } } as const
const table = (id: string): Node => ({
  kind: 'table-source',
  id,
  topic: id,
  key: text,
  value: text,
  store: id,
})

/** Both sides in one task, with the internal topics between them: what is sent to them comes back at once, or when it is let go. */
class Join {
  readonly task: TestTask
  readonly requests: string[] = []
  readonly results: string[] = []
  /** What is held back of the response topic. */
  readonly held: (() => void)[] = []
  holding = false

  constructor(type: 'inner' | 'left') {
    const functions = new TestFunctions()
    const extractor = functions.add('foreignKeyExtractor', (value: string) =>
      value[0] === '-' ? null : value[0],
    )
    const joiner = functions.add('valueJoiner', (_: null, left: string, right: string) => `${left}+${right}`)
    this.task = new TestTask({
      functions,
      send: (record) => this.#send(record),
      stores: ['l', 'r']
        .map((name) => storeSpec(name, { value: text }))
        .concat(storeSpec('kept', { key: bytes, value: bytes })),
      nodes: [
        table('l'),
        table('r'),
        {
          kind: 'foreign-key-subscribe',
          id: 'ask',
          input: 'l',
          type,
          extractor,
          foreignKey: text,
          value: text,
        },
        {
          kind: 'repartition',
          id: 'asked',
          topic: 'asked',
          input: 'ask',
          key: text,
          value: text,
          carries: 'subscriptions',
        },
        {
          kind: 'foreign-key-answer',
          id: 'answer',
          input: 'asked',
          table: 'r',
          store: 'kept',
          foreignKey: text,
          key: text,
        },
        {
          kind: 'repartition',
          id: 'answers',
          topic: 'answers',
          input: 'answer',
          key: text,
          value: text,
          carries: 'answers',
        },
        {
          kind: 'foreign-key-resolve',
          id: 'resolve',
          input: 'answers',
          table: 'l',
          type,
          joiner,
          value: text,
        },
        { kind: 'to-table', id: 'joined', input: 'resolve' },
        { kind: 'to-stream', id: 'stream', input: 'joined' },
        {
          kind: 'sink',
          id: 'out',
          input: 'stream',
          topic: { kind: 'topic', name: 'out' },
          key: text,
          value: text,
        },
      ],
    })
  }

  left(key: string, value: string | null, timestampMs = 1): void {
    this.task.push('l', key, value, { timestampMs })
  }

  right(key: string, value: string | null, timestampMs = 1): void {
    this.task.push('r', key, value, { timestampMs })
  }

  get kept(): number {
    return [...this.task.store('kept').all()].length
  }

  take(): string[] {
    return this.results.splice(0)
  }

  #send({ topic, key, value, timestampMs, partition }: OutgoingRecord): void {
    const [keyBytes, valueBytes] = [key?.copy() ?? null, value?.copy() ?? null]
    const shown = (part: Buffer | null): string => (part === null ? 'null' : part.toString())
    if (topic === 'out') {
      this.results.push(`${shown(keyBytes)}=${shown(valueBytes)} @${timestampMs}`)
      return
    }
    if (topic === 'app-asked') this.requests.push(`${names[valueBytes?.[1] ?? -1]} ${shown(keyBytes)}`)
    else expect(partition).toBe(0)
    const deliver = (): void =>
      this.task.processors.sources.get(topic)?.accept({
        topic,
        partition: 0,
        offset: 0,
        timestampMs,
        partitionTimeMs: -1,
        buffer: Buffer.concat([keyBytes ?? Buffer.alloc(0), valueBytes ?? Buffer.alloc(0)]),
        keyStart: 0,
        keyEnd: keyBytes === null ? -1 : keyBytes.length,
        valueStart: keyBytes?.length ?? 0,
        valueEnd: (keyBytes?.length ?? 0) + (valueBytes?.length ?? 0),
        headers: undefined,
      })
    if (this.holding && topic === 'app-answers') this.held.push(deliver)
    else deliver()
  }
}

const names: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(request).map(([name, code]) => [code, name]),
)

describe('a foreign-key join', () => {
  test('joins a row with the one that it names, whichever comes first, at the later time of the two', () => {
    const join = new Join('inner')
    join.left('1', 'a1', 5)
    expect(join.take()).toEqual([])
    join.right('a', 'A', 3)
    // The right row answers at its own time, as in Kafka Streams.
    expect(join.take()).toEqual(['1=a1+A @3'])
    join.left('2', 'a2', 2)
    expect(join.take()).toEqual(['2=a2+A @3'])
  })

  test('a right row that changes or goes is told to all who named it, and to nobody else', () => {
    const join = new Join('inner')
    join.right('a', 'A')
    join.right('ab', 'AB')
    for (const key of ['1', '2', '3']) join.left(key, `a${key}`)
    join.left('4', 'b4')
    join.take()
    join.right('a', 'A!', 7)
    expect(join.take()).toEqual(['1=a1+A! @7', '2=a2+A! @7', '3=a3+A! @7'])
    join.right('a', null, 8)
    expect(join.take()).toEqual(['1=null @8', '2=null @8', '3=null @8'])
    join.right('ab', null, 9)
    expect(join.take()).toEqual([])
  })

  test('inner: what is asked, and of whom', () => {
    const join = new Join('inner')
    join.left('1', 'a1')
    join.left('1', 'a2')
    join.left('1', 'b1')
    join.left('1', '-')
    join.left('1', '-2')
    join.left('1', 'b1')
    join.left('1', null)
    join.left('1', null)
    expect(join.requests.splice(0)).toEqual([
      'answerIfFound a',
      'answerIfFound a',
      'cancel a',
      'answerAlways b',
      'cancelAndAnswer b',
      'answerIfFound b',
      'cancelAndAnswer b',
    ])
    expect(join.kept).toBe(0)
    expect(join.task.count('weft_records_dropped_total', 'ask')).toBe(2)
    expect(join.take()).toEqual(['1=null @1', '1=null @1', '1=null @1'])
  })

  test('left: rows without a right one, and without a foreign key, are joined with null', () => {
    const join = new Join('left')
    join.left('1', 'a1')
    join.left('2', '-2')
    expect(join.take()).toEqual(['1=a1+null @1', '2=-2+null @1'])
    join.right('a', 'A')
    expect(join.take()).toEqual(['1=a1+A @1'])
    join.left('1', '-1')
    join.left('2', null)
    expect(join.take()).toEqual(['1=-1+null @1', '2=null @1'])
    expect(join.requests).toEqual([
      'answerAlways a',
      'answerAlways null',
      'cancel a',
      'answerAlways null',
      'answerAlways null',
    ])
    expect(join.kept).toBe(0)
  })

  test('an answer to what a row was before is left out', () => {
    const join = new Join('inner')
    join.right('a', 'A')
    join.right('b', 'B')
    join.holding = true
    join.left('1', 'a1')
    join.left('1', 'b1')
    expect(join.held).toHaveLength(2)
    // In any order: the other topic's partition may be ahead.
    for (const deliver of join.held.toReversed()) deliver()
    expect(join.take()).toEqual(['1=b1+B @1'])
    expect(join.task.count('weft_records_dropped_total', 'resolve')).toBe(1)
  })

  test('foreign keys that end in bytes of 255 keep to themselves', () => {
    const join = new Join('inner')
    join.left('1', '\u00ff1')
    join.left('2', 'a2')
    join.right('\u00ff', 'Y')
    expect(join.take()).toEqual(['1=\u00ff1+Y @1'])
  })
})

describe('messages', () => {
  const bytesOf = (serde: Serde, value: unknown): Buffer => {
    const writer = new ByteWriter()
    serde.encode(value, writer, undefined)
    return writer.copy()
  }
  const subscriptions = subscriptionSerde(serdeFor(text))
  const answers = answerSerde(serdeFor(text))
  const hash = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

  test.each([hash, null])('a subscription comes back as it was: hash %s', (its) => {
    const subscription = new Subscription(request.answerAlways, its, 'k', 7)
    const written = bytesOf(subscriptions, subscription)
    const known = its === null ? '8102' : `0102${hash.toString('hex')}`
    expect(written.toString('hex')).toBe(`${known}6b00000007`)
    expect(subscriptions.decode(written, 0, written.length, undefined)).toEqual(subscription)
  })

  test('a subscription of version 0 has no partition', () => {
    const written = Buffer.from(`0003${hash.toString('hex')}6b`, 'hex')
    const read = subscriptions.decode(written, 0, written.length, undefined)
    expect(read).toEqual(new Subscription(request.answerIfFound, hash, 'k', -1))
  })

  test.each(['v', null])('an answer comes back as it was: value %s', (value) => {
    const written = bytesOf(answers, new Answer({ hash, partition: 3 }, value))
    expect(written.toString('hex')).toBe(`00${hash.toString('hex')}${value === null ? '' : '76'}`)
    const read = answers.decode(written, 0, written.length, undefined)
    expect(read).toEqual(new Answer({ hash, partition: -1 }, value))
  })

  test.each(['', '02', '0209', '0002', `0104${hash.toString('hex')}6b00000000`, `01${hash.toString('hex')}`])(
    'bytes that are none are refused: "%s"',
    (hex) => {
      const broken = Buffer.from(hex, 'hex')
      expect(() => subscriptions.decode(broken, 0, broken.length, undefined)).toThrow(/foreign-key/)
    },
  )

  test.each(['01', '00', '0011'])('an answer that is none is refused: "%s"', (hex) => {
    const broken = Buffer.from(hex, 'hex')
    expect(() => answers.decode(broken, 0, broken.length, undefined)).toThrow(/foreign-key/)
  })
})

/** Rows of `orders` by `customer/number`. */
const byKey = (extractor: string, functions = ''): string => `
${functions}
tables:
  orders: { topic: orders, keyType: string, valueType: long, store: { type: keyValue, caching: false } }
  customers: { topic: customers, keyType: string, valueType: string, store: { type: keyValue, caching: false } }
pipelines:
  main:
    from: orders
    via:
      - type: join
        table: customers
        foreignKeyExtractor: ${extractor}
        valueJoiner: { language: javascript, expression: "value2 + value1", resultType: string }
      - type: toStream
    to: { topic: out, keyType: string, valueType: string }
`

async function joinedByKey(definition: string): Promise<unknown[]> {
  await using driver = await openDriver(definition)
  driver.send('customers', { key: 'ann', value: 'Ann ' })
  driver.send('orders', { key: 'ann/1', value: 5 })
  driver.send('orders', { key: 'bob/1', value: 6 })
  driver.send('customers', { key: 'bob', value: 'Bob ' })
  return driver.take('out').map(({ key, value }) => [key, value])
}

describe('the key of a row', () => {
  const expression = 'key.split("/")[0]'
  const results = [
    ['ann/1', 'Ann 5'],
    ['bob/1', 'Bob 6'],
  ]

  test('is passed to an extractor that has a parameter for it', async () => {
    const parameters = '[{ name: key, type: string }]'
    const code = `{ language: javascript, expression: '${expression}', resultType: string, parameters: ${parameters} }`
    expect(await joinedByKey(byKey(code))).toEqual(results)
    const both = '[{ name: value, type: long }, { name: key, type: string }]'
    const generic = `functions: { customer: { type: generic, language: javascript, expression: '${expression}', resultType: string, parameters: ${both} } }`
    expect(await joinedByKey(byKey('customer', generic))).toEqual(results)
  })

  test('is not given to a parameter of another name, whose default stands', async () => {
    const parameters = '[{ name: prefix, type: string, defaultValue: ann }]'
    const code = `{ language: javascript, expression: prefix, resultType: string, parameters: ${parameters} }`
    expect(await joinedByKey(byKey(code))).toEqual([
      ['ann/1', 'Ann 5'],
      ['bob/1', 'Ann 6'],
    ])
  })

  test('must have the type that the parameter says', async () => {
    const parameters = '[{ name: key, type: long }]'
    const code = `{ language: javascript, expression: key, resultType: string, parameters: ${parameters} }`
    await expect(openDriver(byKey(code))).rejects.toMatchObject({
      detail: expect.stringContaining('Its parameter "key" is long; here it gets string.') as unknown,
    })
  })
})
