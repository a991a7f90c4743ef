import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { isSmoke } from './settings.ts'

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

/** Prints a dated section, and appends it to the results where it is of the full size. */
export function report({ file, title, circumstances, columns, rows }: Section): void {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  const commit = stdout?.trim() || 'not known'
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
  console.log(text)
  if (isSmoke) return
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  appendFileSync(join(results, `${file}.md`), text)
}

export function rowOf(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}
