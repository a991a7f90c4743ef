import type { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError } from '../../base/errors.ts'
import { cellKind, SlicedRow } from '../../data/row.ts'
import { SelectedRow, type SelectedLayout } from '../../data/selected-row.ts'
import { Lazy, materialize } from '../../data/lazy.ts'
import type { Column } from '../../data/types.ts'
import type { OnMisfit, RowReader, Serde } from '../serde.ts'
import { stringifyJson } from './cells.ts'
import { JsonRowReader } from './json-row-reader.ts'
import { JsonRowWriter } from './json-row-writer.ts'
import { JsonText } from './json-text.ts'
import { JsonOutline } from './outline.ts'
import { checkJson, depthMax, scanned } from './scan.ts'

/**
 * JSON text. Values stay text until somebody needs them; whole numbers of any size survive, and what nobody changed leaves
 * byte for byte as it came.
 *
 * @param containersOnly - refuse values at the top that are neither object nor list, read or written
 */
export function jsonSerde(containersOnly: boolean): Serde {
  let lastLayout: SelectedLayout | undefined
  let lastWriter: JsonRowWriter | undefined
  const outline = new JsonOutline()

  const writeSelected = (selected: SelectedRow, writer: ByteWriter): void => {
    if (selected.layout !== lastLayout || lastWriter === undefined) {
      lastLayout = selected.layout
      lastWriter = writerOf(lastLayout)
    }
    lastWriter.write(selected, writer)
  }

  return {
    decode: (buffer, start, end) => {
      outline.check(buffer, start, end)
      if (containersOnly && scanned.kind !== cellKind.object && scanned.kind !== cellKind.array)
        refuseScalar()
      const text = new JsonText(buffer, start, end, outline)
      outline.owner = text
      return text
    },
    encode: (value, writer) => {
      if (value instanceof SelectedRow) writeSelected(value, writer)
      else if (value instanceof JsonText || value instanceof SlicedRow)
        writer.writeBytes(value.buffer, value.start, value.end)
      else writeOther(value, writer, containersOnly)
    },
    project: (columns: readonly Column[], onMisfit?: OnMisfit): RowReader =>
      new JsonRowReader(columns, onMisfit),
  }
}

/** Another language's JSON text goes out as it is: numbers keep their form. */
function writeOther(value: unknown, writer: ByteWriter, containersOnly: boolean): void {
  const text = (value instanceof Lazy ? value.jsonText?.() : undefined) ?? plainText(materialize(value))
  if (containersOnly && !/^\s*[{[]/.test(text)) {
    throw new StreamError('VALUE_TYPE_MISMATCH', 'value is neither an object nor a list', {
      hint: 'Give its topic a type such as string or double, or make an object or a list of it.',
    })
  }
  const start = writer.length
  writer.writeUtf8(text)
  if (text.length > depthMax && opensMoreThan(depthMax, text)) checkReadable(writer, start)
}

/** Whether brackets open often enough to be nested as deep; nearly no text is scanned for it. Those inside of texts count, too. */
function opensMoreThan(count: number, text: string): boolean {
  let left = count
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (--left < 0) return true
  }
  return false
}

/** What is well-formed can only be nested deeper than a reader goes. */
function checkReadable({ buffer, length }: ByteWriter, start: number): void {
  try {
    checkJson(buffer, start, length)
  } catch (cause) {
    throw new StreamError('VALUE_TYPE_MISMATCH', 'value cannot be written as JSON', {
      detail: `It is nested deeper than ${depthMax}, and nobody could read it here.`,
      cause,
    })
  }
}

/**
 * One writer a layout, whatever number of tasks and starts: the rows of tables keep what a writer made of them, under the writer's
 * own names for it.
 */
const writers = new WeakMap<SelectedLayout, JsonRowWriter>()

function writerOf(layout: SelectedLayout): JsonRowWriter {
  const known = writers.get(layout)
  if (known !== undefined) return known
  const made = new JsonRowWriter(layout)
  writers.set(layout, made)
  return made
}

function refuseScalar(): never {
  throw new StreamError('VALUE_MALFORMED', 'value is JSON but neither an object nor a list')
}

function plainText(value: unknown): string {
  const text = stringifyJson(value)
  if (text === undefined) {
    throw new StreamError('VALUE_TYPE_MISMATCH', 'value cannot be written as JSON', {
      detail: 'It holds NaN, an infinite number or something that is no data.',
      hint: 'Correct the function that makes it: it may give null instead.',
    })
  }
  return text
}
