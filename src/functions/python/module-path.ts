import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { PyodideInterface } from 'pyodide'
import { StreamError } from '../../base/errors.ts'

/** Files and bytes that a module folder may hold; they are all copied into memory. */
const modulesMax = 1000
const moduleBytesMax = 16 * 1024 * 1024
const target = '/modules'

/**
 * Copies the `.py` files of a folder into the interpreter and puts them first on its path.
 *
 * @throws StreamError `CONFIG_INVALID` for a folder that is unreadable or too large
 */
export async function copyModules(pyodide: PyodideInterface, folder: string): Promise<void> {
  const files = await listModules(folder)
  let sizeBytes = 0
  for (const file of files) {
    const content = await readFile(file)
    sizeBytes += content.length
    if (sizeBytes > moduleBytesMax) throw tooLarge(folder)
    const path = join(target, relative(folder, file))
    pyodide.FS.mkdirTree(dirname(path))
    pyodide.FS.writeFile(path, content)
  }
  pyodide.runPython(`import sys; sys.path.insert(0, '${target}')`)
}

async function listModules(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new StreamError('CONFIG_INVALID', `could not read the Python module folder "${folder}"`, {
      hint: 'Give "modulePath" an existing folder.',
      cause,
    })
  })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.py'))
  if (files.length > modulesMax) throw tooLarge(folder)
  return files.map((entry) => join(entry.parentPath, entry.name))
}

function tooLarge(folder: string): StreamError {
  return new StreamError('CONFIG_INVALID', `the Python module folder "${folder}" is too large`, {
    hint: `Keep it under ${modulesMax} files and ${moduleBytesMax / 1024 / 1024} MiB.`,
  })
}
