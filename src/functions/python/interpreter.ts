import { loadPyodide, type PyodideInterface } from 'pyodide'
import { StreamError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { Device } from './device.ts'
import { lockSource } from './lock-source.ts'
import { copyModules } from './module-path.ts'
import type { PythonOptions } from './python-options.ts'
import { deviceSource } from './device-source.ts'
import { devicePath, runtimeSource } from './runtime-source.ts'

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

/** @throws StreamError `INTERPRETER_FAILED` when Python can not be started */
export async function openInterpreter(options: InterpreterOptions): Promise<Interpreter> {
  try {
    const pyodide = await loadPyodide({
      jsglobals: {},
      // Hashes of text do not change from run to run: sets keep one order.
      env: { HOME: '/', PYTHONHASHSEED: '0' },
      stdin: () => null,
      stdout: options.print,
      stderr: options.print,
    })
    addDevice(pyodide, options.device)
    for (const source of [runtimeSource, deviceSource, lockSource]) pyodide.runPython(source)
    pyodide.runPython(`_device = os.open('${devicePath}', os.O_RDWR)\nrandom.seed(${seed(options.random)})`)
    if (options.python.modulePath !== undefined) await copyModules(pyodide, options.python.modulePath)
    const globals = pyodide.globals as unknown as ReadonlyMap<string, PythonCallable>
    const take = (name: string): PythonCallable => globals.get(name) as PythonCallable
    const interpreter = { define: take('define'), makeCaller: take('make_caller') }
    take('lock_with')(JSON.stringify(environmentOf(options.python)))
    return interpreter
  } catch (thrown) {
    throw new StreamError('INTERPRETER_FAILED', 'could not start Python', {
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    })
  }
}

function environmentOf(python: PythonOptions): Readonly<Record<string, string | undefined>> {
  return python.inheritEnvironmentVariables === true ? process.env : { HOME: '/', LANG: 'C.UTF-8' }
}

/** 128 bits, so that threads differ even where their chance has a short period. */
function seed(random: Random): string {
  return Array.from({ length: 4 }, () => random.below(2 ** 32)).reduce(
    (text, part) => text + part.toString(16).padStart(8, '0'),
    '0x',
  )
}

function addDevice(pyodide: PyodideInterface, device: Device): void {
  const files = pyodide.FS as EmscriptenFiles
  const id = files.makedev(80, 0)
  files.registerDevice(id, {
    open: () => {},
    close: () => {},
    read: (_stream, buffer, offset, length) => device.read(buffer, offset, length),
    write: (_stream, buffer, offset, length) => device.write(buffer, offset, length),
  })
  files.mkdev(devicePath, id)
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
