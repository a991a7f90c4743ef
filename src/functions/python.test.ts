import { describe, expect, test } from 'vitest'
import { materialize } from '../data/lazy.ts'
import type { DataType } from '../data/types.ts'
import { Windowed } from '../data/windowed.ts'
import { functionKinds } from '../topology/function-kinds.ts'
import type { FunctionKind, FunctionRef } from '../topology/functions.ts'
import { PythonJson } from './python/python-json.ts'
import { Bench, functionRef, inlineBody, MapStore } from './testing/fixtures.ts'

// One interpreter serves the whole file: functions are collected here and opened by the first test.
const bench = new Bench()
const seen = new MapStore('seen')
bench.stores.set('seen', seen)
bench.stores.set('timed', new MapStore('timed', true))
const functions: FunctionRef[] = []
const inline: FunctionRef[] = []
type Parts = Parameters<typeof inlineBody>[1]

function py(name: string, kind: FunctionKind, parts: Parts, more: Partial<FunctionRef> = {}): FunctionRef {
  const ref = functionRef(name, kind, inlineBody('python', parts), more)
  functions.push(ref)
  return ref
}

let opened: ReturnType<Bench['open']> | undefined
async function call(ref: FunctionRef, ...args: unknown[]): Promise<unknown> {
  opened ??= bench.open(functions, inline)
  const host = await opened
  return materialize(host.bind(ref, bench.environment).call(args))
}

const string: DataType = { kind: 'string' }
const long: DataType = { kind: 'long' }
/** What `json` stands for. */
const json: DataType = {
  kind: 'union',
  of: [{ kind: 'struct' }, { kind: 'list', of: { kind: 'any' } }],
}
const double: DataType = { kind: 'double' }
const identity = py('identity', 'valueTransformer', { expression: 'value' })
const next = py('next', 'valueTransformer', { expression: 'value + 1 if type(value) is int else None' })
const show = py('show', 'valueTransformer', { expression: 'repr(value)' }, { resultType: string })

describe('values', () => {
  const shown: readonly (readonly [unknown, string])[] = [
    [null, 'None'],
    [true, 'True'],
    [12, '12'],
    [1.5, '1.5'],
    [9_007_199_254_740_993n, '9007199254740993'],
    ['ü😀"\n\u0000', "'ü😀\"\\n\\x00'"],
    ['', "''"],
    [new Uint8Array([0, 128, 255]), '[0, 128, 255]'],
    [{ a: [1, null, { b: 'x' }], n: 1.5 }, "{'a': [1, None, {'b': 'x'}], 'n': 1.5}"],
    [{ big: 2n ** 70n, bytes: new Uint8Array([1]) }, "{'big': 1180591620717411303424, 'bytes': [1]}"],
    [new PythonJson('{"lone":"\ud800","pair":"😀"}'), "{'lone': '\\ud800', 'pair': '😀'}"],
    [new PythonJson(' {"whole": 1.0, "e": 1e2}'), "{'whole': 1.0, 'e': 100.0}"],
    [{ nan: Number.NaN, inf: Number.POSITIVE_INFINITY }, "{'nan': nan, 'inf': inf}"],
    [
      new Windowed('k', 1000, 3000),
      "{'end': 3000, 'endTime': '1970-01-01T00:00:03Z', 'key': 'k', 'start': 1000, 'startTime': '1970-01-01T00:00:01Z'}",
    ],
  ]
  for (const [value, text] of shown) {
    test(`reach Python as ${text}`, async () => expect(await call(show, 'k', value)).toBe(text))
  }

  test('that are integers beyond 2^53 can be computed with', async () =>
    expect(await call(next, 'k', 9_007_199_254_740_993n)).toBe(9_007_199_254_740_994n))

  const roundTrips: readonly unknown[] = [
    null,
    false,
    -7,
    0.1,
    -9_007_199_254_740_993n,
    '\u0000 begins with a mark',
    '\u0003',
    'ü😀',
    [],
    { a: { b: [1.5, 'é😀', null, true, 2n ** 64n] } },
  ]
  for (const value of roundTrips) {
    test(`come back as they went: ${typeof value} ${String(value)}`, async () => {
      expect(await call(identity, 'k', value)).toEqual(value)
    })
  }

  const typed = py('typed', 'valueTransformer', { expression: 'repr(value)' }, { resultType: string })
  test('typed double are floats, also whole ones and inside structs', async () => {
    const withType = (type: DataType): FunctionRef => ({
      ...typed,
      parameters: [{ name: 'key' }, { name: 'value', type }],
    })
    expect(await call(withType(double), 'k', 1)).toBe('1.0')
    expect(await call(withType({ kind: 'list', of: double }), 'k', [1, 2.5])).toBe('[1.0, 2.5]')
    const fields = [{ name: 'a', type: double, required: true }]
    expect(await call(withType({ kind: 'struct', fields }), 'k', { a: 1, b: 1 })).toBe("{'a': 1.0, 'b': 1}")
  })

  const made = py('made', 'valueTransformer', {
    expression: '{"one": 1.0, "n": 10**20, "u": "ü", "t": (1, 2)}',
  })
  test('that a function gives as dict stay text, floats with their point', async () => {
    opened ??= bench.open(functions, inline)
    const result = (await opened).bind(made, bench.environment).call(['k', 1]) as PythonJson
    expect(result.jsonText()).toBe('{"one":1.0,"n":100000000000000000000,"u":"ü","t":[1,2]}')
    expect(result.materialize()).toEqual({ one: 1, n: 10n ** 20n, u: 'ü', t: [1, 2] })
  })
})

describe('results', () => {
  const converted: readonly (readonly [string, DataType, unknown])[] = [
    ['3', double, 3],
    ['2.9', long, 2],
    ['"12"', long, 12],
    ['1.0', string, '1.0'],
    ['True', string, 'true'],
    ['{"a": 1}', string, '{"a":1}'],
    ['b"\\x00\\xff"', { kind: 'bytes' }, new Uint8Array([0, 255])],
    ['[0, 255]', { kind: 'bytes' }, new Uint8Array([0, 255])],
    ['(key, 1)', { kind: 'tuple', of: [string, double] }, ['k', 1]],
    ['(x for x in [1, True])', { kind: 'list', of: { kind: 'any' } }, [1, true]],
    ['{1.5: "a"}', { kind: 'map', of: string }, { '1.5': 'a' }],
    ['"true"', { kind: 'boolean' }, true],
    ['None', long, null],
    ['{"a": 1}', json, { a: 1 }],
    ['"[1, 2]"', json, [1, 2]],
  ]
  converted.forEach(([expression, resultType, expected], index) => {
    const ref = py(`converted${index}`, 'keyValueMapper', { expression }, { resultType })
    test(`convert ${expression} to ${resultType.kind}`, async () => {
      expect(await call(ref, 'k', 1)).toEqual(expected)
    })
  })

  const refused: readonly (readonly [string, DataType, string])[] = [
    ['2**63', long, 'The result is not within long'],
    ['print', { kind: 'any' }, 'TypeError: the code gives a function instead of a value'],
    ['object()', { kind: 'any' }, 'TypeError: a value of type object can not leave a function'],
    ['[float("nan")]', { kind: 'any' }, 'ValueError: Out of range float values are not JSON compliant'],
  ]
  refused.forEach(([expression, resultType, detail], index) => {
    const ref = py(`refused${index}`, 'keyValueMapper', { expression }, { resultType })
    test(`refuse ${expression} for ${resultType.kind}`, async () => {
      await expect(call(ref, 'k', 1)).rejects.toMatchObject({
        code: 'FUNCTION_FAILED',
        detail: expect.stringContaining(detail),
      })
    })
  })

  const loop = py('loop', 'valueTransformer', { code: 'value["self"] = value', expression: 'value' })
  test('that hold themselves are an error, and the next call works', async () => {
    await expect(call(loop, 'k', {})).rejects.toMatchObject({ detail: expect.stringContaining('Circular') })
    expect(await call(identity, 'k', { a: [{}] })).toEqual({ a: [{}] })
  })
})

describe('the kinds', () => {
  const kinds = Object.keys(functionKinds) as FunctionKind[]
  const refs = kinds.map((kind) => py(`default_${kind}`, kind, { code: 'pass' }))
  const names = kinds.map((kind) =>
    py(`given_${kind}`, kind, { expression: 'repr(sorted(locals()))' }, { resultType: string }),
  )

  test('get their fixed arguments by name', async () => {
    for (const [index, kind] of kinds.entries()) {
      if (functionKinds[kind].result.rule === 'none') continue
      const args = functionKinds[kind].arguments
      const expected = `[${args
        .toSorted()
        .map((name) => `'${name}'`)
        .join(', ')}]`
      const result = await call(names[index] as FunctionRef, ...args.map((_, position) => position))
      expect([kind, result]).toEqual([kind, expected])
    }
  })

  test('give their default expression where the code returns nothing', async () => {
    const defaults = kinds.filter((kind) => functionKinds[kind].defaultExpression !== undefined)
    const results: Record<string, unknown> = {}
    for (const kind of defaults) {
      const args = functionKinds[kind].arguments.map((name) =>
        name === 'metadata' ? { timestamp: 5 } : name,
      )
      results[kind] = await call(refs[kinds.indexOf(kind)] as FunctionRef, ...args)
    }
    expect(results).toEqual({
      aggregator: 'aggregatedValue',
      keyTransformer: 'key',
      keyValueToKeyValueListTransformer: [['key', 'value']],
      keyValueToValueListTransformer: ['value'],
      keyValueTransformer: ['key', 'value'],
      metadataTransformer: { timestamp: 5 },
      predicate: true,
      valueTransformer: 'value',
    })
  })

  test('without a result give null, and those that need one say so', async () => {
    expect(await call(refs[kinds.indexOf('forEach')] as FunctionRef, 'k', 1)).toBe(null)
  })
})

describe('the definition', () => {
  py(
    'helper',
    'generic',
    {
      globalCode:
        'import math\nfrom dataclasses import dataclass\n\ncalls = 0\n\n\n@dataclass\nclass Box:\n  n: "int"\n\n  def double(self):\n    return self.n * 2\n\n\ndef log_it(\n    text,\n):\n  """Says it."""\n  log.info("said {}", text)',
      code: 'global calls\ncalls += 1\nreturn Box(n).double() + math.floor(0.5)',
    },
    { parameters: [{ name: 'n', type: long, defaultValue: 21 }] },
  )
  const useHelper = py('useHelper', 'valueTransformer', {
    code: 'log_it(key)\nreturn [helper(), helper(value), calls]',
  })
  const place = functionRef(
    'pipelines_main_via_1',
    'valueTransformer',
    inlineBody('python', {
      expression: 'helper(value)\n',
    }),
  )
  inline.push(place)

  test('shares globals, classes and functions; custom parameters have defaults', async () => {
    expect(await call(useHelper, 'k', 4)).toEqual([42, 8, 2])
    expect(bench.lines).toContain('info orders.function.helper said k')
    expect(await call(place, 'k', 5)).toBe(10)
  })

  test('may indent code as it likes and break expressions over lines', async () => {
    const indented = py('indented', 'valueTransformer', {
      code: '    if value:\n        x = """a\n  b"""\n    else:\n        x = "c"',
      expression: 'x +\n x',
    })
    functions.pop()
    const later = await new Bench().open([indented])
    expect(materialize(later.bind(indented, bench.environment).call(['k', true]))).toBe('a\n  ba\n  b')
  })

  test('logs with placeholders, as text of Python, and counts', async () => {
    const ref = py('noisy', 'forEach', {
      code:
        'log.warn("{} and {} and {}", key, value)\nlog.debug("plain")\nprint("printed")\n' +
        'metrics.counter("hits", {"k": "v"}).increment()\nmetrics.counter("hits", {"k": "v"}).increment(2)\n' +
        'metrics.timer("took").updateMillis(500)\nmetrics.meter("rate").mark()',
    })
    functions.pop()
    const own = new Bench()
    const host = await own.open([ref])
    host.bind(ref, own.environment).call(['k', { a: true }])
    expect(own.lines).toEqual([
      "warn orders.function.noisy k and {'a': True} and {}",
      'debug orders.function.noisy plain',
      'info orders.python printed',
    ])
    expect(own.values('function_user_counter_total')).toEqual([3])
    expect(own.values('function_user_timer_seconds_total')).toEqual([0.5])
    expect(own.values('function_calls_total')).toEqual([1])
  })

  test('takes its chance from the seed', async () => {
    const roll = py('roll', 'valueTransformer', { expression: '__import__("random").random()' })
    functions.pop()
    const rolls = [await new Bench().open([roll]), await new Bench().open([roll])]
    const [one, two] = rolls.map((host) => host.bind(roll, bench.environment).call(['k', 1]))
    expect(one).toBe(two)
  })
})

describe('stores', () => {
  const plain = { stores: ['seen'] }
  const write = py(
    'write',
    'valueTransformer',
    {
      code: 'old = seen.putIfAbsent(key, {"n": 1.0, "l": [10**18]})\nagain = stores["seen"].putIfAbsent(key, 0)\nreturn [old, again, seen.get(key), seen.get("none"), seen.approximateNumEntries(), seen.name()]',
    },
    plain,
  )
  const walk = py(
    'walk',
    'valueTransformer',
    {
      code: 'for i in range(250): seen.put(f"w{i:03}", i)\nit = seen.range("w000", "w249")\nn = 0\nwhile it.hasNext(): n += it.next()["value"]\nreturn [n, it.next(), sum(1 for e in seen.all() if e["key"] != "k")]',
    },
    plain,
  )
  const remove = py(
    'remove',
    'valueTransformer',
    {
      code: 'seen.put("x", b"\\x01")\nbefore = seen.get("x")\nreturn [before, seen.delete("x"), seen.delete("x"), seen.get("x")]',
    },
    plain,
  )
  const timed = py(
    'useTimed',
    'valueTransformer',
    {
      code: 'timed.put("a", 1, 77)\ntimed.put("b", 2)\nreturn [timed.get("a"), timed.get("b"), timed.delete("a")]',
    },
    { stores: ['timed'] },
  )
  const stranger = py('stranger', 'valueTransformer', { expression: 'write(key, value)' })
  const failing = py('failing', 'valueTransformer', { expression: 'seen.get(object())' }, plain)

  test('are local variables and keep what is put, exactly', async () => {
    const kept = { n: 1, l: [10n ** 18n] }
    expect(await call(write, 'k', 0)).toEqual([null, kept, kept, null, 1, 'seen'])
    const stored = seen.get('k') as PythonJson
    expect(stored.jsonText()).toBe('{"n":1.0,"l":[1000000000000000000]}')
    expect(seen.timestampMs('k')).toBe(1000)
  })

  test('give entries in batches, as iterators of both manners', async () => {
    expect(await call(walk, 'k', 0)).toEqual([31_125, null, 250])
  })

  test('delete and take bytes', async () => {
    expect(await call(remove, 'k', 0)).toEqual([[1], [1], null, null])
  })

  test('with timestamps give value and timestamp', async () => {
    expect(await call(timed, 'k', 0)).toEqual([
      { value: 1, timestamp: 77 },
      { value: 2, timestamp: 1000 },
      { value: 1, timestamp: 77 },
    ])
  })

  test('are reached only by functions whose operation declares them', async () => {
    await expect(call(stranger, 'k', 0)).rejects.toMatchObject({
      detail: expect.stringContaining('StoreError: store "seen" can not be used here'),
    })
    await expect(call(failing, 'k', 0)).rejects.toMatchObject({
      detail: expect.stringContaining('TypeError'),
    })
  })
})

describe('errors', () => {
  const inCode = py('inCode', 'valueTransformer', { code: 'x = 1\n\nreturn value["a"]' })
  const inExpression = py('inExpression', 'valueTransformer', { code: 'x = 1', expression: 'value.nope' })
  const inGlobal = py('inGlobal', 'valueTransformer', {
    globalCode: '# one\n\ndef inverse(v):\n  return 1 / v',
    expression: 'inverse(value)',
  })
  const exits = py('exits', 'forEach', { code: 'import sys\nsys.exit(3)' })
  const deep = py('deep', 'forEach', { code: 'def f(n): return f(n + 1)\nf(0)' })

  test('name function, line of the definition and exception', async () => {
    await expect(call(inCode, 'k', {})).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: 'function "inCode" failed',
      detail: "KeyError: 'a' at orders.yaml, line 12.",
      span: { file: 'orders.yaml', line: 12, column: 7, length: 17 },
    })
    await expect(call(inExpression, 'k', 1)).rejects.toMatchObject({ span: { line: 20 } })
    await expect(call(inGlobal, 'k', 0)).rejects.toMatchObject({
      detail: 'ZeroDivisionError: division by zero at orders.yaml, line 8.',
      span: { line: 8 },
    })
  })

  test('of leaving and of recursion stay in the function', async () => {
    await expect(call(exits, 'k', 1)).rejects.toMatchObject({
      detail: expect.stringContaining('SystemExit: 3'),
    })
    await expect(call(deep, 'k', 1)).rejects.toMatchObject({
      detail: expect.stringContaining('RecursionError'),
    })
    expect(await call(identity, 'k', 1)).toBe(1)
  })

  test('of syntax and of global code are found when the functions are opened', async () => {
    const make = (name: string, parts: Parts): FunctionRef => {
      const ref = py(name, 'valueTransformer', parts)
      functions.pop()
      return ref
    }
    const host = await new Bench().open([
      make('a', { code: 'x = 1\nreturn value[' }),
      make('b', { expression: '1 +* 2' }),
      make('c', { globalCode: '\nimport nothing_of_this_name' }),
      make('d', { code: 'return 1\n  x = 2' }),
      make('e', { globalCode: 'return 1' }),
    ])
    expect(host.problems.map(({ span, detail }) => `${span?.line}:${span?.column} ${detail}`)).toEqual([
      "11:19 SyntaxError: '[' was never closed.",
      '20:10 SyntaxError: invalid syntax.',
      "6:7 ModuleNotFoundError: No module named 'nothing_of_this_name'.",
      '11:8 IndentationError: unexpected indent.',
      "5:7 SyntaxError: 'return' outside function.",
    ])
  })
})
