import { describe, expect, test } from 'vitest'
import { Diagnostics } from './diagnostic.ts'
import { embeddedText, parseYaml, type YamlMap, type YamlNode } from './yaml-document.ts'

function read(
  text: string,
  environment: Record<string, string> = {},
): { root: YamlMap | undefined; problems: string[] } {
  const diagnostics = new Diagnostics()
  const root = parseYaml(
    { path: 'f.yaml', text },
    { environment, verbatimKeys: new Set(['code']) },
    diagnostics,
  )
  return {
    root,
    problems: diagnostics
      .list()
      .map(({ span, message }) => `${span.line}:${span.column}+${span.length} ${message}`),
  }
}

function plain(node: YamlNode | undefined): unknown {
  if (node?.kind === 'list') return node.items.map(plain)
  if (node?.kind === 'map')
    return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
  return node?.value
}

function valueOf(root: YamlMap | undefined, key: string): YamlNode {
  const entry = root?.entries.find((candidate) => candidate.key === key)
  if (entry === undefined) throw new Error(key)
  return entry.value
}

describe('parseYaml', () => {
  test('reads values as YAML 1.2 means them and keeps what they say', () => {
    const { root, problems } = read('a: 1.0\nb: yes\nc: true\nd: [x, {y: 2}]\ne:\n"1": ~\n')
    expect(problems).toEqual([])
    expect(plain(root)).toEqual({ a: 1, b: 'yes', c: true, d: ['x', { y: 2 }], e: null, 1: null })
    expect(valueOf(root, 'a')).toMatchObject({ text: '1.0', span: { line: 1, column: 4, length: 3 } })
  })

  test('places keys and values', () => {
    const { root } = read('a:\n  bc: "d e"\n')
    const inner = valueOf(root, 'a') as YamlMap
    expect(inner.entries[0]).toMatchObject({
      keySpan: { line: 2, column: 3, length: 2 },
      value: { span: { line: 2, column: 7, length: 5 } },
    })
  })

  test('places text inside a literal block, a quoted and a plain scalar', () => {
    const { root } = read('q: |\n    SELECT x\n      FROM y\nr: "ab cd"\ns: ab cd\nt: >\n  folded\n  text\n')
    const at = (key: string, word: string): unknown => {
      const text = embeddedText(valueOf(root, key) as never)
      const { line, column, length } = text.locate(text.text.indexOf(word), word.length)
      return [line, column, length]
    }
    expect(at('q', 'SELECT')).toEqual([2, 5, 6])
    expect(at('q', 'FROM')).toEqual([3, 7, 4])
    expect(at('r', 'cd')).toEqual([4, 8, 2])
    expect(at('s', 'cd')).toEqual([5, 7, 2])
    expect(at('t', 'text')).toEqual([7, 3, 11])
  })

  test('places text in a block that begins with a blank line or a deeper line', () => {
    const { root } = read('q: |\n\n  one\nr: |2\n    two\n')
    expect(embeddedText(valueOf(root, 'q') as never).locate(1, 3)).toMatchObject({ line: 3, column: 3 })
    expect(embeddedText(valueOf(root, 'r') as never).locate(2, 3)).toMatchObject({ line: 5, column: 5 })
  })

  test('puts variables in place before scalars become numbers', () => {
    const { root, problems } = read('a: ${P}\nb: "${P}"\nc: ${N:-x y}\nd: $${P}\ne: pre-${P}-post\n', {
      P: '8',
    })
    expect(problems).toEqual([])
    expect(plain(root)).toEqual({ a: 8, b: '8', c: 'x y', d: '${P}', e: 'pre-8-post' })
  })

  test('leaves variables in code alone', () => {
    expect(plain(read('code: |\n  `${x}`\n').root)).toEqual({ code: '`${x}`\n' })
  })

  test('names every missing variable where it stands', () => {
    expect(read('a: x ${ONE}\nb: |\n  y\n  ${TWO}\n').problems).toEqual([
      '1:6+6 variable "ONE" is not set',
      '4:3+6 variable "TWO" is not set',
    ])
  })

  test('reports a repeated key and reads on', () => {
    const { root, problems } = read('a: 1\nb: 2\na: 3\n')
    expect(problems).toEqual(['3:1+1 "a" is given twice'])
    expect(plain(root)).toEqual({ a: 1, b: 2 })
  })

  test.each([
    ['', 'the file is empty'],
    ['# only a remark\n', 'the file is empty'],
    ['- 1\n', 'the file does not hold a mapping'],
    ['a: 1\n---\nb: 2\n', 'the file holds more than one document'],
    ['a: [1\nb: 2\n', '1:4+1 the [ that opens here is not closed'],
    ['a: {b: {c: 1}\nd: {e: 2}\n', '1:4+1 the { that opens here is not closed'],
    ['a: 1\nb: [{c: 1, d: [2]\ne: 3\n', '2:5+1 the { that opens here is not closed'],
    ['a: 1\n  b: 2\nc: {d: 1\n', '1:4+1 a mapping begins'],
    ['a:\n  b: 1\n c: 2\n', 'the indentation does not fit what surrounds it'],
    ['a: 1\nb: "x\nc: 2\n', '2:4+1 the " that opens here is not closed'],
    ["a: ['x, y]\n", "1:5+1 the ' that opens here is not closed"],
    ['{a: 1, b: 2\n', '1:1+1 the { that opens here is not closed'],
    ['a: 1\nb\nc: 2\n', '":" is missing after this key'],
    ['a: *b\n', 'alias "*b" stands for no anchor'],
    ['a: !t 1\n', 'tags are not used in definitions'],
    ['a: b: c\n', 'a mapping begins in the middle of a line'],
    ['a: &x [*x]\n', 'alias "*x" stands for itself'],
    ['? [a]\n: 1\n', 'a key is not plain text'],
  ])('refuses %j', (text, message) => {
    expect(read(text).problems.join('\n')).toContain(message)
  })

  test('refuses nesting without end and aliases that multiply', () => {
    expect(read('['.repeat(20_000)).problems).toEqual(['1:1+1 the file is nested too deeply'])
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(9)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(', ')}]`,
    )
    expect(read(bomb.join('\n')).problems.join()).toContain('the file holds more than 50000 values')
  })

  test('reads what an alias stands for', () => {
    expect(plain(read('a: &x {b: 1}\nc: *x\n').root)).toEqual({ a: { b: 1 }, c: { b: 1 } })
  })
})
