import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { javaClassPath, runJava } from './java-tools.ts'

export interface CommittedRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
}

/** All that a Java consumer sees in a topic under read_committed, in the order of its log within a partition. */
export async function readCommittedByJava(
  bootstrap: string,
  topic: string,
): Promise<readonly CommittedRecord[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-read-'))
  const file = join(folder, 'records.tsv')
  await runJava('weft.ReadCommitted', [bootstrap, topic, file], javaClassPath())
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  rmSync(folder, { recursive: true })
  return lines.map((line) => {
    const [partition = '', offset = '', key = '', ...value] = line.split('\t')
    return { partition: Number(partition), offset: Number(offset), key, value: value.join('\t') }
  })
}
