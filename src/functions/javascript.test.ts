import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lazy } from '../data/lazy.ts'
import type { DataType } from '../data/types.ts'
import type { FunctionKind, FunctionRef } from '../topology/functions.ts'
import { Bench, functionRef, inlineBody, MapStore } from './testing/fixtures.ts'

const boolean: DataType = { kind: 'boolean' }

function js(
  name: string,
  kind: FunctionKind,
  parts: Parameters<typeof inlineBody>[1],
  more: Partial<FunctionRef> = {},
): FunctionRef {
  return functionRef(name, kind, inlineBody('javascript', parts), more)
}

async function callOnce(ref: FunctionRef, ...args: unknown[]): Promise<unknown> {
  const bench = new Bench()
  const host = await bench.open([ref])
  return host.bind(ref, bench.environment).call(args)
}

describe('inline JavaScript', () => {
  test('evaluates an expression over the arguments of its kind', async () => {
    const late = js('isLate', 'predicate', { expression: 'value.delay > 10' }, { resultType: boolean })
    expect(await callOnce(late, 'k', { delay: 11 })).toBe(true)
    expect(await callOnce(late, 'k', { delay: 10 })).toBe(false)
  })

  test('gets what another function left in a Map, a Set or a Date as object, list and text', async () => {
    const same = js('same', 'valueTransformer', { expression: 'value' })
    const value = { all: new Map([['a', new Set([1])]]), at: new Date(0) }
    expect(await callOnce(same, 'k', value)).toEqual({ all: { a: [1] }, at: '1970-01-01T00:00:00.000Z' })
  })

  test('runs code, then gives the expression', async () => {
    const total = js('total', 'valueTransformer', {
      code: 'const sum = value.a + value.b',
      expression: 'sum * 2;',
    })
    expect(await callOnce(total, 'k', { a: 1, b: 2 })).toBe(6)
  })

  test('gives the default of its kind where code returns nothing', async () => {
    const keep = js('keep', 'keyValueTransformer', { code: 'value.seen = true' })
    expect(await callOnce(keep, 'k', { a: 1 })).toEqual(['k', { a: 1, seen: true }])
    expect(await callOnce(js('yes', 'predicate', { code: 'value' }), 'k', 1)).toBe(true)
  })

  test('takes TypeScript as it is', async () => {
    const typed = js('typed', 'valueTransformer', {
      code: 'const length: number = (value as string).length\nreturn length',
    })
    expect(await callOnce(typed, 'k', 'abc')).toBe(3)
  })

  test('lets functions of a definition call each other and share global code', async () => {
    const bench = new Bench()
    const twice = js(
      'twice',
      'generic',
      { globalCode: 'let calls = 0', code: 'calls++\nreturn n * 2' },
      { parameters: [{ name: 'n' }] },
    )
    const use = js('use', 'valueTransformer', { expression: '[twice(value), calls]' })
    const inline = js('pipelines_main_via_1', 'valueTransformer', {
      expression: 'use(null, value)[0] + calls',
    })
    const host = await bench.open([twice, use], [inline])
    expect(host.bind(use, bench.environment).call(['k', 4])).toEqual([8, 1])
    expect(host.bind(inline, bench.environment).call(['k', 5])).toBe(12)
  })

  test('gives custom parameters their defaults', async () => {
    const pick = js(
      'pick',
      'valueTransformer',
      { expression: 'factor * value' },
      {
        parameters: [{ name: 'factor', type: { kind: 'int' }, defaultValue: 3 }],
      },
    )
    expect(await callOnce(pick, 'k', 5)).toBe(15)
  })

  test('hands over a copy that the function may change', async () => {
    const grow = js('grow', 'valueTransformer', { code: 'value.items.push(1)', expression: 'value' })
    const stored = { items: [0], bytes: new Uint8Array([1]) }
    expect(await callOnce(grow, 'k', stored)).toEqual({ items: [0, 1], bytes: new Uint8Array([1]) })
    expect(stored.items).toEqual([0])
  })

  test('decodes a lazy value', async () => {
    class Text extends Lazy {
      materialize(): unknown {
        return { a: 1 }
      }
      detach(): Lazy {
        return this
      }
    }
    expect(await callOnce(js('get', 'valueTransformer', { expression: 'value.a' }), 'k', new Text())).toBe(1)
  })

  test('does not show process, require and timers', async () => {
    const look = js('look', 'valueTransformer', {
      expression: '[typeof process, typeof require, typeof setTimeout, typeof fetch].join()',
    })
    expect(await callOnce(look, 'k', 1)).toBe('undefined,undefined,undefined,undefined')
  })

  test('takes its chance from the seed', async () => {
    const roll = js('roll', 'valueTransformer', { expression: 'Math.random()' })
    expect(await callOnce(roll, 'k', 1)).toBe(await callOnce(roll, 'k', 1))
  })

  test('logs with placeholders under the name of the function', async () => {
    const bench = new Bench()
    const log = js('audit', 'forEach', { code: 'log.warn("key {} of {} {}", key, value)' })
    const host = await bench.open([log])
    expect(host.bind(log, bench.environment).call(['k', { a: 1 }])).toBe(null)
    expect(bench.lines).toEqual(['warn orders.function.audit key k of {"a":1} {}'])
  })

  test('counts with metrics of its own and is counted itself', async () => {
    const bench = new Bench()
    const count = js('count', 'forEach', {
      code: 'metrics.counter("seen", { key }).increment(2)\nmetrics.timer("took").updateMillis(1500)',
    })
    const host = await bench.open([count])
    const bound = host.bind(count, bench.environment)
    bound.call(['a', 1])
    bound.call(['a', 1])
    expect(bench.values('function_user_counter_total')).toEqual([4])
    expect(bench.values('function_user_timer_seconds_total')).toEqual([3])
    expect(bench.values('function_calls_total')).toEqual([2])
  })
})

describe('stores in JavaScript', () => {
  test('are local variables, and belong to the task that calls', async () => {
    const bench = new Bench()
    const count = js(
      'count',
      'valueTransformer',
      { code: 'const n = (seen.get(key) ?? 0) + 1\nseen.put(key, n)', expression: 'n' },
      { stores: ['seen'] },
    )
    const host = await bench.open([count])
    const [one, two] = [new MapStore('seen'), new MapStore('seen')]
    const first = host.bind(count, { ...bench.environment, store: () => one })
    const second = host.bind(count, { ...bench.environment, store: () => two })
    expect([first.call(['a', 0]), first.call(['a', 0]), second.call(['a', 0])]).toEqual([1, 2, 1])
    expect(one.timestampMs('a')).toBe(1000)
  })

  test('show value and timestamp where they keep one, and entries as key and value', async () => {
    const bench = new Bench()
    const store = new MapStore('seen', true)
    store.put('a', { n: 1 }, 5)
    const read = js(
      'read',
      'valueTransformer',
      { expression: '[seen.get("a"), seen.get("b"), [...stores.seen.all()], seen.approximateNumEntries()]' },
      { stores: ['seen'] },
    )
    const host = await bench.open([read])
    expect(host.bind(read, { ...bench.environment, store: () => store }).call(['k', 1])).toEqual([
      { value: { n: 1 }, timestamp: 5 },
      null,
      [{ key: 'a', value: { value: { n: 1 }, timestamp: 5 } }],
      1,
    ])
  })
})

describe('errors in JavaScript', () => {
  test('name function, line of the definition and cause', async () => {
    const bad = js('bad', 'valueTransformer', { code: 'const x = 1\nreturn value.a.b' })
    await expect(callOnce(bad, 'k', {})).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: 'function "bad" failed',
      detail: "TypeError: Cannot read properties of undefined (reading 'b') at orders.yaml, line 11.",
      span: { file: 'orders.yaml', line: 11, column: 22 },
    })
  })

  test('name the place of a result that does not fit, is none or is a promise', async () => {
    const int = { resultType: { kind: 'int' } } as const
    const text = js('text', 'valueTransformer', { code: 'let x', expression: '"text"' }, int)
    await expect(callOnce(text, 'k', 1)).rejects.toMatchObject({
      message: 'can not convert the result of function "text"',
      span: { file: 'orders.yaml', line: 20 },
    })
    const none = js('none', 'predicate', { code: 'return' }, { resultType: boolean })
    await expect(callOnce(none, 'k', 1)).rejects.toMatchObject({ span: { file: 'orders.yaml', line: 10 } })
    const later = js('later', 'valueTransformer', { code: 'return Promise.resolve(1)' }, int)
    await expect(callOnce(later, 'k', 1)).rejects.toMatchObject({
      message: 'function "later" gave a promise',
      span: { file: 'orders.yaml', line: 10 },
    })
  })

  test('find the line of an expression and of global code', async () => {
    const inExpression = js('a', 'valueTransformer', { code: 'let x', expression: '\nvalue.a.b' })
    await expect(callOnce(inExpression, 'k', {})).rejects.toMatchObject({ span: { line: 21, column: 15 } })
    const inGlobal = js('b', 'valueTransformer', {
      globalCode: 'let y\nfunction deep() { return y.z }',
      expression: 'deep()',
    })
    await expect(callOnce(inGlobal, 'k', {})).rejects.toMatchObject({ span: { line: 6, column: 34 } })
  })

  test('are all found when the functions are opened', async () => {
    const bench = new Bench()
    const broken = [
      js('one', 'valueTransformer', { code: 'const x = 1\nreturn x +* 2' }),
      js('two', 'valueTransformer', { globalCode: 'missing()', expression: 'value' }),
      js('good', 'valueTransformer', { expression: 'value' }),
    ]
    const host = await bench.open(broken)
    expect(host.problems).toMatchObject([
      { code: 'FUNCTION_INVALID', span: { line: 11 }, detail: "SyntaxError: Unexpected token '*'." },
      { code: 'FUNCTION_INVALID', span: { line: 5 }, detail: 'ReferenceError: missing is not defined.' },
    ])
    expect(() => host.bind(broken[0] as FunctionRef, bench.environment)).toThrow('can not be compiled')
  })

  test('tell of results that do not fit, of promises and of missing results', async () => {
    const text = js('text', 'valueTransformer', { expression: '"x"' }, { resultType: { kind: 'int' } })
    await expect(callOnce(text, 'k', 1)).rejects.toThrow('can not convert the result of function "text"')
    const later = js('later', 'valueTransformer', { expression: '(async () => 1)()' })
    await expect(callOnce(later, 'k', 1)).rejects.toThrow('function "later" gave a promise')
    const none = js('none', 'predicate', { expression: 'null' })
    await expect(callOnce(none, 'k', 1)).rejects.toThrow('function "none" gave no value')
  })
})

describe('modules', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-functions-'))
    writeFileSync(
      join(folder, 'fns.ts'),
      `export function enrich(key: string, value: { n: number }, scope: { log: any }): object {
  scope.log.info('enrich {}', key)
  return { ...value, key }
}
export const fail = (): never => {
  throw new RangeError('out')
}
export const notOne = 1
`,
    )
    writeFileSync(join(folder, 'broken.ts'), 'export const x = ;\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const module = (name: string, path: string, exported: string): FunctionRef =>
    functionRef(name, 'valueTransformer', { language: 'module', folder, path, export: exported })

  test('give functions in TypeScript, with log and stores as a last argument', async () => {
    const bench = new Bench()
    const ref = module('enrich', './fns.ts', 'enrich')
    const host = await bench.open([ref])
    expect(host.problems).toEqual([])
    expect(host.bind(ref, bench.environment).call(['k', { n: 1 }])).toEqual({ n: 1, key: 'k' })
    expect(bench.lines).toEqual(['info orders.function.enrich enrich k'])
  })

  test('show their own line in errors', async () => {
    await expect(callOnce(module('fail', 'fns.ts', 'fail'), 'k', 1)).rejects.toMatchObject({
      detail: expect.stringContaining(`RangeError: out at ${join(folder, 'fns.ts')}, line `),
    })
  })

  test('are refused without the export, outside the folder, unreadable and broken', async () => {
    symlinkSync(import.meta.filename, join(folder, 'link.ts'))
    const refs = [
      module('a', 'fns.ts', 'enrch'),
      module('b', 'fns.ts', 'notOne'),
      module('c', '../escape.ts', 'x'),
      module('d', 'link.ts', 'x'),
      module('e', 'missing.ts', 'x'),
      module('f', 'broken.ts', 'x'),
    ]
    const host = await new Bench().open(refs)
    expect(host.problems.map((problem) => problem.detail)).toEqual([
      'Module "fns.ts" has no export "enrch".',
      'Export "notOne" of module "fns.ts" is not a function.',
      'Module "../escape.ts" lies outside the definition\'s folder.',
      'Module "link.ts" lies outside the definition\'s folder.',
      'Module "missing.ts" can not be read.',
      expect.stringMatching(/\S/),
    ])
    expect(host.problems[0]?.hint).toBe('Name one of its exported functions: "enrich", "fail".')
  })
})
