/** Documents taken apart: their code blocks, headings, links and tables. */
import { globSync, readFileSync } from 'node:fs'

export interface CodeBlock {
  readonly path: string
  /** Of its first line of code, from 1. */
  readonly line: number
  /** What stands behind the fence; empty for indented blocks. */
  readonly language: string
  readonly text: string
}

export const documentPaths: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md').toSorted(),
]

export function readDocument(path: string): string {
  return readFileSync(path, 'utf8')
}

/** Fenced and indented blocks, in their order. */
export function codeBlocks(path: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { line: number; language: string; lines: string[]; fenced: boolean } | undefined
  const close = (): void => {
    if (open !== undefined)
      blocks.push({ path, line: open.line, language: open.language, text: open.lines.join('\n') })
    open = undefined
  }
  readDocument(path)
    .split('\n')
    .forEach((line, index) => {
      const fence = /^```(\w*)/.exec(line)
      if (open?.fenced === true) {
        if (fence === null) open.lines.push(line)
        else close()
      } else if (fence !== null) {
        close()
        open = { line: index + 2, language: fence[1] ?? '', lines: [], fenced: true }
      } else if (line.startsWith('    ')) {
        open ??= { line: index + 1, language: '', lines: [], fenced: false }
        open.lines.push(line.slice(4))
      } else close()
    })
  close()
  return blocks
}

/** Text without its code blocks: what a person reads as sentences, line by line. */
export function proseLines(path: string): readonly string[] {
  let fenced = false
  return readDocument(path)
    .split('\n')
    .filter((line) => {
      const fence = line.startsWith('```')
      if (fence) fenced = !fenced
      return !fence && !fenced && !line.startsWith('    ') && !line.startsWith('|')
    })
}

/** The anchors that a document's headings can be reached by. */
export function anchors(path: string): ReadonlySet<string> {
  const headings = proseLines(path).filter((line) => line.startsWith('#'))
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+\s*/, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  )
}

/** The part of a document under a heading, up to the next one of the same or a higher level. */
export function section(path: string, heading: string): string {
  const lines = readDocument(path).split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) return ''
  const level = heading.indexOf(' ')
  const end = lines.findIndex(
    (line, index) => index > start && /^#+ /.test(line) && line.indexOf(' ') <= level,
  )
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n')
}

/** The cells of the rows of all tables in a text, heads included. */
export function tableRows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[-|: ]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}
