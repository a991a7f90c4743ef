import type { SourceSpan } from '../base/errors.ts'
import type { CodeBlock } from '../topology/functions.ts'

/**
 * The place of a line of a function's text in the author's file.
 *
 * @param line - counts from 1 within the block
 * @param column - counts from 1 within the line; absent: where the block begins
 */
export function placeInBlock(block: CodeBlock, line: number, column?: number): SourceSpan {
  const lines = block.text.split('\n')
  const index = Math.min(Math.max(line, 1), lines.length) - 1
  const text = lines[index] ?? ''
  const blanks = text.length - text.trimStart().length
  const skipped = column === undefined ? blanks : Math.min(column - 1, text.length)
  return {
    file: block.span.file,
    line: block.span.line + index,
    column: block.span.column + skipped,
    length: column === undefined ? Math.max(1, text.trim().length) : 1,
  }
}

/** For sentences: `orders.yaml, line 14`. */
export function describePlace(span: SourceSpan | undefined): string {
  return span === undefined ? 'an unnamed place' : `${span.file}, line ${span.line}`
}
