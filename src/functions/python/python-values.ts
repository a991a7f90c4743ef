/** How values cross into Python and back: the fastest exact way for each. */
import type { DataType } from '../../data/types.ts'
import { parseJson } from '../../data/exact-json.ts'
import { PythonJson } from './python-json.ts'
import { mark } from './runtime-source.ts'

/** Ways into Python; a set of arguments has one caller per combination. */
export const argumentModes = ['direct', 'json', 'float', 'bytes', 'integer'] as const
/** Index into {@link argumentModes}. */
export type ArgumentMode = 0 | 1 | 2 | 3 | 4

export function argumentMode(value: unknown, type: DataType | undefined): ArgumentMode {
  switch (typeof value) {
    case 'number':
      return type?.kind === 'double' || type?.kind === 'float' ? 2 : 0
    case 'bigint':
      // Pyodide makes an int of its own kind of it, whose arithmetic needs JavaScript, which the cage has taken away.
      return 4
    case 'object':
      if (value === null) return 0
      return ArrayBuffer.isView(value) ? 3 : 1
    default:
      return 0
  }
}

/** What is handed to Pyodide, which makes int or float, str, bool and None of it; JSON is read by way of the device. */
export function argumentValue(value: unknown, mode: ArgumentMode): unknown {
  if (mode === 3) return bytesText(value as Uint8Array)
  if (mode === 4) return String(value)
  return value === null ? undefined : value
}

function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Which shortcut Python takes for a result on its way out. */
export function wantedResult(type: DataType | undefined, printed: boolean): string {
  if (printed) return 'print'
  switch (type?.kind) {
    case undefined:
      return 'none'
    case 'boolean':
    case 'string':
      return type.kind
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return 'integer'
    case 'float':
    case 'double':
      return 'double'
    case 'any':
    case 'struct':
    case 'map':
    case 'union':
      return 'object'
    default:
      return 'other'
  }
}

/** Undoes the marks; a description of a failure is none of its business. */
export function decodeMarked(text: string, type: DataType): unknown {
  const rest = text.slice(1)
  switch (text[0]) {
    case mark.json:
      return staysText(type, rest) ? new PythonJson(rest) : parseJson(rest)
    case mark.bytes:
      return new Uint8Array(Buffer.from(rest, 'latin1'))
    default:
      return rest
  }
}

/** Whether JSON text fits the type without a look inside. */
function staysText(type: DataType, text: string): boolean {
  switch (type.kind) {
    case 'any':
      return true
    case 'struct':
      return type.fields === undefined && text.startsWith('{')
    case 'map':
      return type.of.kind === 'any' && text.startsWith('{')
    case 'list':
      return type.of.kind === 'any' && text.startsWith('[')
    case 'union':
      return type.of.some((member) => staysText(member, text))
    default:
      return false
  }
}

/** A key or value of a store request: `j` and JSON text, or `b` and bytes as JSON text of their latin1 text. */
export function decodeField(field: string): unknown {
  const text = field.slice(1)
  if (field.startsWith('b')) return new Uint8Array(Buffer.from(JSON.parse(text) as string, 'latin1'))
  return text.startsWith('{') || text.startsWith('[') ? new PythonJson(text) : parseJson(text)
}
