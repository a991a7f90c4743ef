import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IsolationLevel } from '../../src/kafka/contracts.ts'
import { javaClassPath, runJava } from './java-tools.ts'

export interface SeenRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
}

/** All that a Java consumer sees in a topic, in the order of its log within a partition; what is null is "null". */
export async function readByJava(
  bootstrap: string,
  topic: string,
  isolation: IsolationLevel = 'read_committed',
): Promise<readonly SeenRecord[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-read-'))
  const file = join(folder, 'records.tsv')
  await runJava('weft.ReadTopic', [bootstrap, topic, file, isolation], javaClassPath())
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  rmSync(folder, { recursive: true })
  return lines.map((line) => {
    const [partition = '', offset = '', key = '', ...value] = line.split('\t')
    return { partition: Number(partition), offset: Number(offset), key, value: value.join('\t') }
  })
}
