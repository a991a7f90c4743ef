import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder with those above it, where they are missing.
 *
 * Not by `mkdirSync`'s own `recursive`: below a file system that says "no such file" of what cannot be made, as /proc does, that never
 * ends (Node 20 to 26).
 *
 * @throws the system's error
 */
export function makeFolders(path: string): void {
  const folder = resolve(path)
  if (isFolder(folder)) return
  const above = dirname(folder)
  if (above !== folder) makeFolders(above)
  try {
    mkdirSync(folder)
  } catch (error) {
    // Somebody else was faster.
    if (!isFolder(folder)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
