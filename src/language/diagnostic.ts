/**
 * What is wrong with a definition, and where: every front end reports into one {@link Diagnostics}, so that an author sees all
 * problems of a file at once, each with its place, the fact and the deed.
 */
import { emptyBook, type SchemaBook } from './schema-book.ts'
import { StreamError, type ErrorCode, type SourceSpan } from '../base/errors.ts'

export type Severity = 'error' | 'warning'

export interface Diagnostic {
  readonly severity: Severity
  readonly code: ErrorCode
  /** Short, lower case, no full stop: `stream "orders" is not declared`. */
  readonly message: string
  /** Whole sentences of fact. */
  readonly detail?: string
  /** What to do, as an order; without the word "Hint". */
  readonly hint?: string
  readonly span: SourceSpan
}

export type DiagnosticExtras = Pick<Diagnostic, 'detail' | 'hint'>

/** More than this help nobody; the rest is counted. */
const diagnosticsMax = 200

/** Collects the problems of one file. */
export class Diagnostics {
  /** What type strings in the file may name. */
  readonly schemas: SchemaBook
  readonly #items: Diagnostic[] = []
  /** How many were not kept because there were too many. */
  droppedCount = 0

  /** How many errors there have been. */
  errorCount = 0

  constructor(schemas: SchemaBook = emptyBook) {
    this.schemas = schemas
  }

  /** Whether there is an error among them. */
  get failed(): boolean {
    return this.errorCount > 0
  }

  /** What is found again, as by each pipeline that reads the same topic, is kept once. */
  add(diagnostic: Diagnostic): void {
    if (this.#items.some((known) => isSame(known, diagnostic))) return
    if (diagnostic.severity === 'error') this.errorCount++
    if (this.#items.length >= diagnosticsMax) this.droppedCount++
    else this.#items.push(diagnostic)
  }

  error(code: ErrorCode, message: string, span: SourceSpan, extras: DiagnosticExtras = {}): void {
    this.add({ severity: 'error', code, message, span, ...extras })
  }

  warn(code: ErrorCode, message: string, span: SourceSpan, extras: DiagnosticExtras = {}): void {
    this.add({ severity: 'warning', code, message, span, ...extras })
  }

  /**
   * Keeps an error that was thrown for the author; `span` serves where it names no place.
   *
   * @throws whatever is not a user's error: it is ours
   */
  addThrown(thrown: unknown, span: SourceSpan): void {
    if (!(thrown instanceof StreamError) || thrown.domain !== 'user') throw thrown
    this.error(thrown.code, thrown.message, thrown.span ?? span, {
      ...(thrown.detail === undefined ? {} : { detail: thrown.detail }),
      ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    })
  }

  /** In the order of the file; those of one place in the order of their finding. */
  list(): readonly Diagnostic[] {
    return inFileOrder(this.#items)
  }
}

function isSame(one: Diagnostic, other: Diagnostic): boolean {
  const [here, there] = [one.span, other.span]
  return (
    one.message === other.message &&
    here.line === there.line &&
    here.column === there.column &&
    here.file === there.file
  )
}

/** Those of one place stay in the order in which they are given. */
export function inFileOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((a, b) => a.span.line - b.span.line || a.span.column - b.span.column)
}

const excerptWidthMax = 110

/**
 * The text of one diagnostic, without colours and without a line end: place, message, three lines of the file with carets, detail, hint.
 *
 * @param source - the text of the file that the span names; where it has no such line, the excerpt is left out
 */
export function renderDiagnostic(diagnostic: Diagnostic, source: string): string {
  const { span, severity, code, message, detail, hint } = diagnostic
  const parts = [`${span.file}:${span.line}:${span.column}  ${severity}  ${code}`, message]
  const excerpt = renderExcerpt(span, source)
  if (excerpt.length > 0) parts.push('', ...excerpt)
  if (detail !== undefined || hint !== undefined) parts.push('')
  if (detail !== undefined) parts.push(detail)
  if (hint !== undefined) parts.push(`Hint: ${hint}`)
  return printable(parts.join('\n'))
}

/** The marked line between its neighbours, with carets below it; nothing where `source` has no such line. */
export function renderExcerpt(span: SourceSpan, source: string): string[] {
  const lines = source.split(/\r?\n/)
  const marked = lines[span.line - 1]
  if (marked === undefined || source === '') return []
  const lastLine = lines.at(-1) === '' ? lines.length - 1 : lines.length
  const numberWidth = String(span.line + 1).length
  // A long line is shown from a place where the marked part is seen.
  const shift = span.column + span.length > excerptWidthMax ? Math.max(0, span.column - 20) : 0
  const row = (label: string, text: string): string => `  ${label.padStart(numberWidth)} | ${text}`.trimEnd()
  const rows: string[] = []
  for (
    let line = Math.max(1, span.line - 1);
    line <= Math.min(span.line + 1, Math.max(lastLine, span.line));
    line++
  ) {
    rows.push(row(String(line), clip(lines[line - 1] ?? '', shift)))
    if (line !== span.line) continue
    const start = Math.min(span.column - 1, marked.length) - shift
    const room = Math.max(1, Math.min(marked.length - shift, excerptWidthMax) - start)
    rows.push(row('', ' '.repeat(start) + '^'.repeat(Math.max(1, Math.min(span.length, room)))))
  }
  return rows
}

function clip(line: string, shift: number): string {
  return line.slice(shift, shift + excerptWidthMax)
}

/** Characters that would steer a terminal or turn the order of what is read; each is shown as one, so that carets stay below their words. */
const steering = /[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/gu

/** Text of others that may be written to a terminal. */
export function printable(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(steering, '\uFFFD')
}

/** The candidate that `word` was most likely meant to be: at most a third of its letters differ, whatever their case. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** `Did you mean "x"?`, or else what there is: a hint for a word that is not one of `candidates`. */
export function suggest(word: string, candidates: readonly string[], plural: string): string {
  const near = nearest(word, candidates)
  if (near !== undefined) return `Did you mean "${near}"?`
  if (candidates.length === 0) return `There are no ${plural} here.`
  return `Use one of the ${plural}: ${candidates.join(', ')}.`
}

/** Insertions, deletions, replacements and swaps of neighbours, each counted as one. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const at = (cells: readonly number[], column: number): number => cells[column] ?? Infinity
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(replaced, swapped, at(last, j) + 1, at(row, j - 1) + 1))
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
