/**
 * Reads YAML into nodes that know their place, so that every later complaint can point at the word it is about.
 *
 * Home of the `yaml` package. On top of it: bounds on size, depth and count; variables from the environment, substituted in scalars before
 * these become numbers or booleans; and the place of text of another language inside a block, line by line.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser, visit } from 'yaml'
import type { Alias, CST, Document, YAMLError } from 'yaml'
import type { SourceSpan } from '../base/errors.ts'
import type { Diagnostics } from './diagnostic.ts'
import type { EmbeddedText } from './query-definition.ts'
import { isTooDeep, unclosedBefore } from './yaml/tokens.ts'
import { placeOfText, type TextPlace } from './yaml/text-place.ts'
import { explainSyntaxError, missingQuote, type Opener } from './yaml/syntax-errors.ts'
import { resolvePlain, substitute, type ScalarValue } from './yaml/substitute.ts'

export type YamlNode = YamlScalar | YamlList | YamlMap

export interface YamlScalar {
  readonly kind: 'scalar'
  /** What it means in YAML 1.2. */
  readonly value: ScalarValue
  /** What it says, without quotes: `1.0` stays `1.0`. */
  readonly text: string
  readonly span: SourceSpan
  readonly place: TextPlace
}

export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly span: SourceSpan
}

export interface YamlMap {
  readonly kind: 'map'
  readonly entries: readonly YamlEntry[]
  readonly span: SourceSpan
  /** From where to where it stands in the text of the file. */
  readonly range: readonly [start: number, end: number]
}

export interface YamlEntry {
  readonly key: string
  readonly keySpan: SourceSpan
  readonly value: YamlNode
}

export interface SourceText {
  /** As it is shown in messages. */
  readonly path: string
  readonly text: string
}

export interface YamlOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Values of these keys are taken as they stand: `${x}` means something else in them. */
  readonly verbatimKeys: ReadonlySet<string>
}

/** A definition is written by hand; beyond this it is something else. */
const textLengthMax = 4 * 1024 * 1024
const nodeCountMax = 50_000

/**
 * Reads the one mapping that a file holds.
 *
 * @returns undefined where that is not possible; the reasons are in `diagnostics`
 */
export function parseYaml(
  source: SourceText,
  options: YamlOptions,
  diagnostics: Diagnostics,
): YamlMap | undefined {
  const file = source.path
  const start = { file, line: 1, column: 1, length: 1 }
  if (source.text.length > textLengthMax) {
    diagnostics.error('YAML_INVALID', 'the file is too large for a definition', start, {
      detail: `It has ${source.text.length} characters; at most ${textLengthMax} are read.`,
    })
    return undefined
  }
  const lines = new LineCounter()
  const tokens = [...new Parser(lines.addNewLine).parse(source.text)]
  if (isTooDeep(tokens)) {
    diagnostics.error('YAML_INVALID', 'the file is nested too deeply', start)
    return undefined
  }
  const document = composeOne({ tokens, lines, file, diagnostics })
  if (document === undefined) return undefined
  const reader = new NodeReader(source, lines, options, diagnostics)
  const root = document.contents === null ? undefined : reader.read(document.contents, document)
  if (root?.kind === 'map') return root
  const empty = root === undefined || (root.kind === 'scalar' && root.value === null)
  const message = empty ? 'the file is empty' : 'the file does not hold a mapping'
  diagnostics.error('DEFINITION_INVALID', message, root?.span ?? start, {
    hint: 'Write "key: value" lines, for example "streams:" and "pipelines:", or "query:" and "output:".',
  })
  return undefined
}

interface ComposeInput {
  readonly tokens: readonly CST.Token[]
  readonly lines: LineCounter
  readonly file: string
  readonly diagnostics: Diagnostics
}

function composeOne({ tokens, lines, file, diagnostics }: ComposeInput): Document | undefined {
  const composer = new Composer({ keepSourceTokens: true, uniqueKeys: false, lineCounter: lines })
  const documents = [...composer.compose(tokens, true, 0)]
  const [first, second] = documents
  // What follows the first break in the syntax is mostly its echo.
  const problem = first?.errors[0] ?? first?.warnings[0]
  if (problem !== undefined) reportSyntax(problem, first, { tokens, lines, file, diagnostics })
  if (first !== undefined && second !== undefined) {
    const { line } = lines.linePos(second.range[0])
    diagnostics.error(
      'YAML_INVALID',
      'the file holds more than one document',
      { file, line, column: 1, length: 3 },
      {
        hint: 'Keep one definition per file: move what follows "---" into a file of its own.',
      },
    )
  }
  return problem === undefined ? first : undefined
}

function reportSyntax(
  problem: YAMLError,
  document: Document | undefined,
  { tokens, lines, file, diagnostics }: ComposeInput,
): void {
  const opening = openingOf(tokens, document, problem)
  const { line, col } = lines.linePos(opening?.offset ?? problem.pos[0])
  const length = opening === undefined ? Math.max(1, problem.pos[1] - problem.pos[0]) : 1
  const { message, hint } = explainSyntaxError(problem, opening?.opener)
  const span = { file, line, column: col, length }
  diagnostics.error('YAML_INVALID', message, span, hint === undefined ? {} : { hint })
}

/** The quote or bracket that is not closed, and where it stands: what it opens goes to the end of the file, so nothing is quoted after it. */
function openingOf(
  tokens: readonly CST.Token[],
  document: Document | undefined,
  problem: YAMLError,
): { readonly opener: Opener; readonly offset: number } | undefined {
  const quote = missingQuote(problem.message)
  if (quote === undefined) {
    const start = unclosedBefore(tokens, problem.pos[0] + 1)
    return start && { opener: start.type === 'flow-map-start' ? '{' : '[', offset: start.offset }
  }
  let last: number | undefined
  const style = quote === '"' ? 'QUOTE_DOUBLE' : 'QUOTE_SINGLE'
  if (document !== undefined)
    visit(document, {
      Scalar: (_, { type, range }) => {
        if (type === style) last = range?.[0]
      },
    })
  return last === undefined ? undefined : { opener: quote, offset: last }
}

type PackageNode = NonNullable<Document['contents']>

class NodeReader {
  readonly #source: SourceText
  readonly #lines: LineCounter
  readonly #options: YamlOptions
  readonly #diagnostics: Diagnostics
  #count = 0
  /** Collections that are being read: an alias of one of them has no end. */
  readonly #open = new Set<unknown>()

  constructor(source: SourceText, lines: LineCounter, options: YamlOptions, diagnostics: Diagnostics) {
    this.#source = source
    this.#lines = lines
    this.#options = options
    this.#diagnostics = diagnostics
  }

  /** @param verbatim - whether variables stay as they are */
  read(node: unknown, document: Document, verbatim = false): YamlNode {
    const span = this.#spanOf(node)
    if (this.#count++ > nodeCountMax) {
      if (this.#count === nodeCountMax + 2)
        this.#diagnostics.error('YAML_INVALID', `the file holds more than ${nodeCountMax} values`, span)
      return this.#scalar(null, '', span)
    }
    if (isAlias(node)) return this.#readAlias(node, document, verbatim)
    if (isScalar(node)) return this.#readScalar(node, span, verbatim)
    this.#open.add(node)
    const result = this.#readCollection(node, span, { document, verbatim })
    this.#open.delete(node)
    return result
  }

  #readAlias(node: Alias, document: Document, verbatim: boolean): YamlNode {
    const target = node.resolve(document)
    if (target !== undefined && !this.#open.has(target)) return this.read(target, document, verbatim)
    const span = this.#spanOf(node)
    const message = `alias "*${node.source}" stands for ${target === undefined ? 'no anchor' : 'itself'}`
    this.#diagnostics.error('YAML_INVALID', message, span, {
      hint: `Write "&${node.source}" before the value that "*${node.source}" is to repeat, further up.`,
    })
    return this.#scalar(null, '', span)
  }

  #readCollection(
    node: unknown,
    span: SourceSpan,
    within: { document: Document; verbatim: boolean },
  ): YamlNode {
    const { document, verbatim } = within
    if (isSeq(node))
      return { kind: 'list', span, items: node.items.map((item) => this.read(item, document, verbatim)) }
    if (!isMap(node)) return this.#scalar(null, '', span)
    const entries = new Map<string, YamlEntry>()
    for (const pair of node.items) {
      const entry = this.#readPair(pair, within)
      const known = entries.get(entry?.key ?? '')
      if (entry === undefined) continue
      if (known === undefined) entries.set(entry.key, entry)
      else this.#refuseRepeated(entry, known)
    }
    const range = [node.range?.[0] ?? 0, node.range?.[1] ?? 0] as const
    return { kind: 'map', entries: [...entries.values()], span, range }
  }

  #readPair(
    { key: keyNode, value }: { readonly key: unknown; readonly value: unknown },
    { document, verbatim }: { document: Document; verbatim: boolean },
  ): YamlEntry | undefined {
    const keySpan = this.#spanOf(keyNode)
    if (!isScalar(keyNode)) {
      this.#diagnostics.error('YAML_INVALID', 'a key is not plain text', keySpan)
      return undefined
    }
    const key = keyText(keyNode)
    if (value === null || value === undefined) return { key, keySpan, value: this.#scalar(null, '', keySpan) }
    const isVerbatim = verbatim || this.#options.verbatimKeys.has(key)
    return { key, keySpan, value: this.read(value, document, isVerbatim) }
  }

  #refuseRepeated({ key, keySpan }: YamlEntry, first: YamlEntry): void {
    this.#diagnostics.error('YAML_INVALID', `"${key}" is given twice`, keySpan, {
      detail: `It stands on line ${first.keySpan.line} already.`,
      hint: 'Keep one of the two, or rename this one.',
    })
  }

  #readScalar(node: ScalarParts, span: SourceSpan, verbatim: boolean): YamlScalar {
    const plain = node.type === undefined || node.type === 'PLAIN'
    const text = plain ? (node.source ?? '') : String(node.value)
    const place = placeOfText(this.#source.text, this.#lines, {
      file: span.file,
      start: node.range?.[0] ?? 0,
      style: node.type ?? 'PLAIN',
      text,
    })
    if (verbatim || !text.includes('$'))
      return { kind: 'scalar', value: plain ? scalarValue(node.value) : text, text, span, place }
    const replaced = substitute(text, this.#options.environment, (name, offset, length) => {
      this.#diagnostics.error(
        'VARIABLE_MISSING',
        `variable "${name}" is not set`,
        place.locate(offset, length),
        {
          hint: `Set ${name} in the environment, or give a default: \${${name}:-value}.`,
        },
      )
    })
    return { kind: 'scalar', value: plain ? resolvePlain(replaced) : replaced, text: replaced, span, place }
  }

  #scalar(value: null, text: string, span: SourceSpan): YamlScalar {
    return { kind: 'scalar', value, text, span, place: { start: span, locate: () => span } }
  }

  #spanOf(node: unknown): SourceSpan {
    const range = (node as Partial<PackageNode> | null)?.range
    const start = range?.[0] ?? 0
    const { line, col } = this.#lines.linePos(start)
    const lineEnd = this.#source.text.indexOf('\n', start)
    const end = Math.min(range?.[1] ?? start + 1, lineEnd < 0 ? this.#source.text.length : lineEnd)
    const length = Math.max(1, this.#source.text.slice(start, end).trimEnd().length)
    return { file: this.#source.path, line, column: col, length }
  }
}

/** What is used of the package's scalars. */
interface ScalarParts {
  readonly value: unknown
  readonly source?: string
  readonly type?: string
  readonly range?: readonly number[] | null
}

function keyText(key: ScalarParts): string {
  return key.type === undefined || key.type === 'PLAIN'
    ? (key.source ?? String(key.value))
    : String(key.value)
}

function scalarValue(value: unknown): ScalarValue {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : null
}

/** The text of a scalar as a piece of another language. */
export function embeddedText(node: YamlScalar): EmbeddedText {
  return {
    text: node.text,
    span: node.place.start,
    locate: (offset, length) => node.place.locate(offset, length),
  }
}
