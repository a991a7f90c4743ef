import type { LineCounter } from 'yaml'
import type { SourceSpan } from '../../base/errors.ts'

/** Where the text of a scalar stands in its file. */
export interface TextPlace {
  /** Where the text begins, without quotes and block header; as long as its first line. */
  readonly start: SourceSpan
  /** Where a part of the text stands. Exact for literal blocks and for text on one line without escapes; else the start of the text. */
  locate(offset: number, length: number): SourceSpan
}

interface ScalarFacts {
  readonly file: string
  /** Offset in the file of the scalar, quotes and block header included. */
  readonly start: number
  /** As the `yaml` package calls it. */
  readonly style: string
  readonly text: string
}

export function placeOfText(source: string, lines: LineCounter, facts: ScalarFacts): TextPlace {
  return facts.style.startsWith('BLOCK')
    ? placeOfBlock(source, lines, facts)
    : placeOfFlow(source, lines, facts)
}

function placeOfFlow(source: string, lines: LineCounter, facts: ScalarFacts): TextPlace {
  const from = facts.style === 'PLAIN' ? facts.start : facts.start + 1
  const { line, col } = lines.linePos(from)
  const exact = source.startsWith(facts.text, from) && !facts.text.includes('\n')
  const at = (column: number, length: number): SourceSpan => ({
    file: facts.file,
    line,
    column,
    length: Math.max(1, length),
  })
  const start = at(col, exact ? facts.text.length : 1)
  return { start, locate: (offset, length) => (exact ? at(col + offset, length) : start) }
}

function placeOfBlock(source: string, lines: LineCounter, facts: ScalarFacts): TextPlace {
  const { text, file } = facts
  const textLines = text.split('\n')
  const firstLine = lines.linePos(facts.start).line + 1
  const indent = blockIndent(source, facts.start, textLines)
  const at = (row: number, column: number, length: number): SourceSpan => ({
    file,
    line: firstLine + row,
    column: indent + column + 1,
    length: Math.max(1, Math.min(length, (textLines[row] ?? '').length - column)),
  })
  const start = at(0, 0, text.length)
  if (facts.style !== 'BLOCK_LITERAL') return { start, locate: () => start }
  return {
    start,
    locate: (offset, length) => {
      const before = text.slice(0, offset).split('\n')
      return at(before.length - 1, before.at(-1)?.length ?? 0, length)
    },
  }
}

/** How far the block is indented in the file: what its first line that says something has before it, beyond what belongs to the text. */
function blockIndent(source: string, start: number, textLines: readonly string[]): number {
  const row = textLines.findIndex((line) => line.trim() !== '')
  const inFile = source.slice(start).split('\n', row + 2)[row + 1] ?? ''
  return Math.max(0, leading(inFile) - leading(textLines[row] ?? ''))
}

function leading(line: string): number {
  return line.length - line.trimStart().length
}
