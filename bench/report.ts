import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

export interface Section {
  /** Of the file in `bench/results/`, without its ending. */
  readonly file: string
  /** What was measured, with what settings. */
  readonly title: string
  /** What stood beside it: versions, sizes. */
  readonly circumstances: string
  readonly columns: readonly string[]
  /** Rows of a Markdown table. */
  readonly rows: readonly string[]
}

/** Appends a dated section to the results, and prints it. */
export function report({ file, title, circumstances, columns, rows }: Section): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const text = [
    `\n## ${new Date().toISOString().slice(0, 16)} ${title}, commit ${commit}`,
    '',
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, ${circumstances}.`,
    '',
    rowOf(columns),
    `|${columns.map(() => '---').join('|')}|`,
    ...rows,
    '',
  ].join('\n')
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  appendFileSync(join(results, `${file}.md`), text)
  console.log(text)
}

export function rowOf(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

/** `name=value` arguments of a program. */
export function argumentsGiven(): ReadonlyMap<string, string> {
  return new Map(
    process.argv.slice(2).map((argument): [string, string] => {
      const at = argument.indexOf('=')
      return [argument.slice(0, at), argument.slice(at + 1)]
    }),
  )
}
