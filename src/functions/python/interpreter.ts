import { loadPyodide, version, type PyodideInterface } from 'pyodide'
import { StreamError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import { deviceSource } from './device-source.ts'
import type { Device } from './device.ts'
import { lockSource } from './lock-source.ts'
import { copyModules } from './module-path.ts'
import type { PythonOptions } from './python-options.ts'
import { runtimeSource } from './runtime-source.ts'
import { readSnapshot, snapshotPath, writeSnapshot } from './snapshot.ts'

/** A Python function, called as a JavaScript one. Gives text, numbers, booleans, `undefined`; never throws but fatally. */
export type PythonCallable = (...args: unknown[]) => unknown

/** A fresh, caged interpreter. */
export interface Interpreter {
  readonly define: PythonCallable
  readonly makeCaller: PythonCallable
}

export interface InterpreterOptions {
  readonly device: Device
  readonly random: Random
  readonly python: PythonOptions
  /** Receives each line of standard output and standard error. */
  readonly print: (line: string) => void
}

const sources = [runtimeSource, deviceSource, lockSource]
const devicePath = '/dev/weft'

/** @throws StreamError `INTERPRETER_FAILED` when Python can not be started; `CONFIG_INVALID` for its options */
export async function openInterpreter(options: InterpreterOptions): Promise<Interpreter> {
  try {
    const pyodide = await startPython(options.python.snapshotFolder, options.print)
    if (options.python.modulePath !== undefined) await copyModules(pyodide, options.python.modulePath)
    return lockPython(pyodide, options)
  } catch (thrown) {
    if (thrown instanceof StreamError) throw thrown
    throw new StreamError('INTERPRETER_FAILED', 'could not start Python', {
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    })
  }
}

/** An interpreter with our sources loaded and its doors still open. */
export async function startPython(
  folder: string | undefined,
  print: (line: string) => void,
): Promise<PyodideInterface> {
  const common = {
    jsglobals: {},
    // Hashes of text do not change from run to run: sets keep one order.
    env: { HOME: '/', PYTHONHASHSEED: '0' },
    stdin: () => null,
    stdout: print,
    stderr: print,
  }
  const path = folder === undefined ? undefined : snapshotPath(folder, version, sources)
  const memory = path === undefined ? undefined : await readSnapshot(path)
  if (memory !== undefined) return await loadPyodide({ ...common, _loadSnapshot: memory })
  const pyodide = await loadPyodide(path === undefined ? common : { ...common, _makeSnapshot: true })
  for (const source of sources) pyodide.runPython(source)
  if (path !== undefined && folder !== undefined) {
    await writeSnapshot(path, folder, (pyodide as unknown as SnapshotMaker).makeMemorySnapshot())
  }
  return pyodide
}

/** Closes the cage: from here on only the two entry points and the device are left. */
export function lockPython(pyodide: PyodideInterface, options: InterpreterOptions): Interpreter {
  throwOnly(pyodide)
  addDevice(pyodide, options.device)
  const globals = pyodide.globals as unknown as ReadonlyMap<string, PythonCallable>
  const take = (name: string): PythonCallable => globals.get(name) as PythonCallable
  const interpreter = { define: take('define'), makeCaller: take('make_caller') }
  const failure = take('lock')(
    JSON.stringify({
      device: devicePath,
      seed: seed(options.random),
      environment: environmentOf(options.python),
    }),
  )
  if (typeof failure === 'string')
    throw new StreamError('INVARIANT_BROKEN', `Python can not be caged: ${failure}`)
  return interpreter
}

function environmentOf(python: PythonOptions): Readonly<Record<string, string | undefined>> {
  return python.inheritEnvironmentVariables === true ? process.env : { HOME: '/', LANG: 'C.UTF-8' }
}

/** 128 bits in hexadecimal, so that threads differ. */
function seed(random: Random): string {
  const parts = Array.from({ length: 4 }, () => random.below(2 ** 32))
  return parts.map((part) => part.toString(16).padStart(8, '0')).join('')
}

function addDevice(pyodide: PyodideInterface, device: Device): void {
  const files = pyodide.FS as unknown as EmscriptenFiles
  const id = files.makedev(80, 0)
  files.registerDevice(id, {
    open: () => {},
    close: () => {},
    read: (_stream, buffer, offset, length) => device.read(buffer, offset, length),
    write: (_stream, buffer, offset, length) => device.write(buffer, offset, length),
  })
  files.mkdev(devicePath, id)
}

/** Where it breaks, Pyodide writes to the console, which may be a log in JSON, and then throws what says the same. */
function throwOnly(pyodide: PyodideInterface): void {
  const inner = (pyodide as unknown as { readonly _api: { fatal_error: (thrown: unknown) => never } })._api
  inner.fatal_error = (thrown) => {
    throw thrown
  }
}

/** Pyodide's snapshot, which its types do not publish. */
interface SnapshotMaker {
  makeMemorySnapshot(): Uint8Array
}

type Transfer = (stream: unknown, buffer: Uint8Array, offset: number, length: number) => number

/** What Emscripten's file system offers beyond its published types. */
interface EmscriptenFiles {
  makedev(major: number, minor: number): number
  registerDevice(
    id: number,
    operations: { open: () => void; close: () => void; read: Transfer; write: Transfer },
  ): void
  mkdev(path: string, id: number): void
}
