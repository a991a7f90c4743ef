/** Writes rows of JSON in another format: for topics that hold Avro, Protobuf or JSON Schema, from files and lines of text. */
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import type { Header } from '../base/headers.ts'
import { cellKind, SlicedRow } from '../data/row.ts'
import { SelectedRow } from '../data/selected-row.ts'
import { describeType } from '../data/type-strings.ts'
import type { Column } from '../data/types.ts'
import type { TopicValues } from '../language/catalog.ts'
import type { Serde } from '../serde/serde.ts'
import type { EncodeRow } from '../workload/produce-records.ts'
import type { CommandFormats } from './command-formats.ts'
import { jsonCell, jsonReader } from './json-cells.ts'

/** Sets of present fields whose layouts are kept. */
const layoutsMax = 1000

/**
 * Waits until the schema is where it has to be.
 *
 * @throws StreamError what the registry refused; `CONFIG_INVALID`
 */
export async function openRowEncoder(
  formats: CommandFormats,
  topic: string,
  { columns, format }: TopicValues,
  signal: AbortSignal,
): Promise<EncodeRow> {
  const serde = formats.serde(format, topic, 'value')
  serde.prepare?.()
  await formats.settled(signal)
  return rowEncoder(columns, serde)
}

/** Fields that a row does not have get the schema's defaults, those that the schema does not have are left out. */
function rowEncoder(columns: readonly Column[], serde: Serde): EncodeRow {
  const reader = jsonReader(columns)
  const row = new SlicedRow(reader.shape)
  const cells = columns.map(jsonCell)
  const layouts = new Map<string, SelectedRow>()
  const bytes = new ByteWriter()
  return (json, writer) => {
    bytes.reset()
    bytes.writeUtf8(json)
    reader.read(bytes.buffer, 0, bytes.length, row)
    const selected = selectedOf(columns, row, layouts)
    for (const [place, column] of selected.layout.columns.entries()) {
      const index = columns.findIndex(({ name }) => name === column.name)
      const value = cells[index]?.(row) ?? null
      if (value === null && row.kinds[index] !== cellKind.null) throw misfit(column)
      selected.cells[place] = value
    }
    const headers: Header[] = []
    serde.encode(selected, writer, headers)
    return headers.length === 0 ? undefined : headers
  }
}

/** A row of the columns that are there; encoders keep what they make of its layout. */
function selectedOf(
  columns: readonly Column[],
  { kinds }: SlicedRow,
  layouts: Map<string, SelectedRow>,
): SelectedRow {
  const present = columns.filter((_, index) => kinds[index] !== cellKind.absent)
  const key = present.map(({ name }) => name).join('\n')
  const known = layouts.get(key)
  if (known !== undefined) return known
  const layout = { columns: present.map((column, index) => ({ ...column, from: 'cell' as const, index })) }
  const made = new SelectedRow(layout, [], present.length)
  if (layouts.size >= layoutsMax) layouts.clear()
  layouts.set(key, made)
  return made
}

function misfit({ name, type }: Column): StreamError {
  return new StreamError('VALUE_TYPE_MISMATCH', `field "${name}" does not fit the schema of the topic`, {
    detail: `It does not fit: ${describeType(type)} is wanted.`,
    hint: 'Change the value, or the schema.',
  })
}
