/**
 * Keeps the memory of a fresh interpreter on disk: 0.2 s to load instead of two seconds to start. The file belongs to
 * one version of Pyodide and one text of our own sources; another one gets another name. Nothing of a user is in it.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Where the snapshot of these sources lies. */
export function snapshotPath(folder: string, version: string, sources: readonly string[]): string {
  const hash = createHash('sha256').update(sources.join('\0')).digest('hex').slice(0, 16)
  return join(folder, `python-${version}-${hash}.snapshot`)
}

/** Undefined when there is none, or a damaged one: the file carries a checksum. */
export async function readSnapshot(path: string): Promise<Uint8Array | undefined> {
  try {
    return zstdDecompressSync(await readFile(path))
  } catch {
    return undefined
  }
}

/** Written whole or not at all. Failing to write costs only time at the next start. */
export async function writeSnapshot(path: string, folder: string, memory: Uint8Array): Promise<boolean> {
  const draft = `${path}.${process.pid}.${memory.length}.draft`
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(draft, zstdCompressSync(memory, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }))
    await rename(draft, path)
    return true
  } catch {
    return false
  }
}
