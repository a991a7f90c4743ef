/**
 * Values whose schemas are in a registry: the bytes or headers that name the schema, then the value in the schema's language.
 *
 * Reading goes by the id in each record; decoders are kept by id. Writing goes by a subject, asked once. Either may have to wait for the
 * registry: see {@link SchemaWaits}.
 */
import { StreamError } from '../base/errors.ts'
import type { Headers } from '../base/headers.ts'
import type { Column, Format } from '../data/types.ts'
import type { RowShape, SlicedRow } from '../data/row.ts'
import type { Frame, Framing, RegisteredSchema, SchemaRegistry, Side } from '../registry/contracts.ts'
import type { DecodeBytes, ParsedSchema, SchemaLanguage } from './schema-language.ts'
import { carriedFrame, carryFrame } from './carried-frame.ts'
import { refuseRules } from './schema-rules.ts'
import { leaveMissing, notHere, type SchemaWaits } from './schema-waits.ts'
import type { RowReader, Serde } from './serde.ts'
import type { Writing } from './writing.ts'

export interface RegistrySerdeParts {
  readonly registry: SchemaRegistry
  readonly language: SchemaLanguage
  readonly waits: SchemaWaits
  readonly format: Format
  readonly side: Side
  readonly writing: Writing
}

/** Decoders of this many schemas are kept for one topic and side; beyond it they are made anew. */
const decodersMax = 1000

export function registrySerde(parts: RegistrySerdeParts): Serde {
  const { registry, language, format, side } = parts
  const framing = registry.framing(side, language.type)
  const reader = format.source === undefined ? undefined : language.parse(format.source, format.schema)
  const schemas = new SchemasById(parts)
  const decoders = new ByFrame<DecodeBytes>(schemas, (schema, frame) => schema.decoder(reader, frame))
  const { writing } = parts
  return {
    decode: (buffer, start, end, headers) => {
      const frame = framing.read(buffer, start, end, headers)
      return decoders.of(frame)(buffer, frame.bodyStart, end)
    },
    encode: (value, writer, headers) => writing.encode(value, writer, headers),
    project: (columns) =>
      projected(
        framing,
        new ByFrame(schemas, (schema, frame) => schema.rowReader(reader, frame, columns)),
        columns,
      ),
    missing: (buffer, start, end, headers) => schemas.missing(framing, { buffer, start, end, headers }),
    prepare: () => writing.prepare(),
    ...canonicalKeys(language, framing),
  }
}

/** What stands before the body stays. */
function canonicalKeys({ canonicalKey }: SchemaLanguage, framing: Framing): Pick<Serde, 'canonicalKey'> {
  if (canonicalKey === undefined) return {}
  return {
    canonicalKey: (bytes) => {
      const frame = frameOrNothing(framing, {
        buffer: bytes,
        start: 0,
        end: bytes.length,
        headers: undefined,
      })
      if (frame === undefined) return bytes
      return Buffer.concat([
        bytes.subarray(0, frame.bodyStart),
        canonicalKey(bytes.subarray(frame.bodyStart)),
      ])
    },
  }
}

/** Parsed schemas by the ids of records. */
class SchemasById {
  readonly #parts: RegistrySerdeParts
  readonly #parsed = new Map<string, ParsedSchema | StreamError>()

  constructor(parts: RegistrySerdeParts) {
    this.#parts = parts
  }

  /** @throws StreamError `SCHEMA_NOT_HERE`; what the registry denied */
  get(frame: Frame): ParsedSchema {
    const parsed = this.#parsed.get(keyOf(frame)) ?? this.#first(frame)
    if (parsed instanceof StreamError) throw parsed
    return parsed
  }

  #first(frame: Frame): ParsedSchema | StreamError {
    const key = keyOf(frame)
    const known = this.#parts.registry.known({ kind: frame.kind, id: frame.id })
    if (known instanceof StreamError) throw known
    if (known === undefined) {
      this.#fetch(frame)
      throw notHere(`schema ${key}`)
    }
    const fresh = attempt(() => this.#parse(known))
    if (this.#parsed.size >= decodersMax) this.#parsed.clear()
    this.#parsed.set(key, fresh)
    return fresh
  }

  missing(
    framing: Framing,
    {
      buffer,
      start,
      end,
      headers,
    }: { buffer: Buffer; start: number; end: number; headers: Headers | undefined },
  ): { kind: Frame['kind']; id: Frame['id'] } | undefined {
    const frame = frameOrNothing(framing, { buffer, start, end, headers })
    if (frame === undefined || this.#parsed.has(keyOf(frame))) return undefined
    const ref = { kind: frame.kind, id: frame.id }
    if (this.#parts.registry.known(ref) !== undefined) return undefined
    this.#fetch(ref)
    return ref
  }

  #fetch({ kind, id }: Pick<Frame, 'kind' | 'id'>): void {
    const { waits, registry } = this.#parts
    waits.begin(`schema ${keyOf({ kind, id })}`, () => registry.fetch({ kind, id }).catch(leaveMissing))
  }

  #parse(schema: RegisteredSchema): ParsedSchema {
    const { language, format } = this.#parts
    refuseRules(schema, 'reading')
    if (schema.type !== language.type)
      throw new StreamError(
        'SCHEMA_INCOMPATIBLE',
        `the schema of the value is of type ${schema.type}, not ${language.type}`,
        {
          hint: `Read the topic with a notation of type ${schema.type}.`,
        },
      )
    return language.parse(schema, format.source === undefined ? format.schema : undefined)
  }
}

/** What is no frame has no schema to wait for: decoding says what is wrong with it. */
function frameOrNothing(
  framing: Framing,
  {
    buffer,
    start,
    end,
    headers,
  }: { buffer: Buffer; start: number; end: number; headers: Headers | undefined },
): Frame | undefined {
  try {
    return framing.read(buffer, start, end, headers)
  } catch {
    return undefined
  }
}

/** What is made once for each schema and message; records of one topic mostly have one. */
class ByFrame<T> {
  readonly #schemas: SchemasById
  readonly #make: (schema: ParsedSchema, frame: Frame) => T
  readonly #made = new Map<string, T | StreamError>()
  #lastKind: Frame['kind'] | undefined
  #lastId: Frame['id'] = -1
  #lastMessage = ''
  #last: T | undefined

  constructor(schemas: SchemasById, make: (schema: ParsedSchema, frame: Frame) => T) {
    this.#schemas = schemas
    this.#make = make
  }

  of(frame: Frame): T {
    const message = messageKey(frame)
    if (
      this.#last !== undefined &&
      frame.id === this.#lastId &&
      frame.kind === this.#lastKind &&
      message === this.#lastMessage
    )
      return this.#last
    const made = this.#get(frame, message)
    if (made instanceof StreamError) throw made
    this.#last = made
    this.#lastId = frame.id
    this.#lastKind = frame.kind
    this.#lastMessage = message
    return made
  }

  #get(frame: Frame, message: string): T | StreamError {
    const key = `${keyOf(frame)} ${message}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const schema = this.#schemas.get(frame)
    const made = attempt(() => this.#make(schema, frame))
    if (this.#made.size >= decodersMax) this.#made.clear()
    this.#made.set(key, made)
    return made
  }
}

/** What cannot be read is remembered: each record with the schema fails, and none compiles it again. */
function attempt<T>(make: () => T): T | StreamError {
  try {
    return make()
  } catch (error) {
    if (error instanceof StreamError && error.domain === 'user') return error
    throw error
  }
}

function messageKey({ messagePath, messageName }: Frame): string {
  if (messageName !== undefined) return messageName
  return messagePath === undefined || messagePath.length === 0 ? '' : messagePath.join('.')
}

function keyOf({ kind, id }: Pick<Frame, 'kind' | 'id'>): string {
  return `${kind} ${id}`
}

/** Who keeps the row keeps these bytes. */
function placeCopy(row: SlicedRow, bytes: Buffer): void {
  row.buffer = bytes
  row.start = 0
  row.end = bytes.length
}

function projected(framing: Framing, readers: ByFrame<RowReader>, columns: readonly Column[]): RowReader {
  // Cells are decoded as the language does, whichever schema they were read by.
  let last: RowReader | undefined
  const frameOfRow = (buffer: Buffer, start: number, end: number): Frame =>
    carriedFrame(buffer, start) ?? framing.read(buffer, start, end, undefined)
  const shape: RowShape = {
    columns,
    decodeCell: (buffer, start, end, kind) => last?.shape.decodeCell(buffer, start, end, kind) ?? null,
    decodeAll: (buffer: Buffer, start: number, end: number): unknown => {
      const frame = frameOfRow(buffer, start, end)
      return readers.of(frame).shape.decodeAll(buffer, frame.bodyStart, end)
    },
    slice: (buffer: Buffer, start: number, end: number): SlicedRow => {
      const frame = frameOfRow(buffer, start, end)
      return readers.of(frame).shape.slice(buffer, frame.bodyStart, end)
    },
  }
  return {
    shape,
    read: (buffer, start, end, row) => {
      const frame = framing.read(buffer, start, end, row.headers)
      last = readers.of(frame)
      last.read(buffer, frame.bodyStart, end, row)
      if (!frame.inHeaders) row.start = start
      else placeCopy(row, carryFrame(frame, buffer, end))
    },
  }
}
