/** Schemas beside definitions: files of the folder, by the names that type strings use. Nothing outside of the folder is read. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { ReferredSource, SchemaSource } from '../data/types.ts'
import type { SchemaBook } from '../language/schema-book.ts'
import { typeOfNotation, type NotationSettings } from '../serde/formats.ts'
import type { NotationType } from '../data/notation-types.ts'
import { rowFormat } from '../serde/row-format.ts'
import { languageOf } from '../serde/notations.ts'
import { hasRegistry } from '../serde/registries.ts'
import { schemaFileEnding, typeOfSchema } from '../serde/schema-files.ts'
import { readText } from './text-file.ts'

/** A schema that imports more files than this, directly or not, is refused. */
const importsMax = 500

/** @param notations - of the configuration, by name */
export function schemaBook(
  folder: string,
  notations: Readonly<Record<string, NotationSettings>>,
): SchemaBook {
  const names = new Map(Object.entries(notations).map(([name, { type }]) => [name, type]))
  const known = new Map<string, ReturnType<SchemaBook['find']>>()
  return {
    names,
    find: (notation, name) => {
      const key = `${notation}:${name}`
      const type = typeOfNotation(notation, notations)
      if (!known.has(key)) known.set(key, findSchema(folder, type, name))
      const found = known.get(key)
      if (found === undefined && mustBeFile(type) && !hasRegistry(notations[notation]))
        throw noFile(name, folder, schemaFileEnding(type) ?? '')
      return found
    },
    rows: (notation, columns, schema) =>
      rowFormat({ name: notation, type: typeOfNotation(notation, notations) }, columns, schema),
  }
}

function findSchema(folder: string, type: NotationType, name: string): ReturnType<SchemaBook['find']> {
  const ending = schemaFileEnding(type)
  if (ending === undefined) return undefined
  const path = candidates(name)
    .map((candidate) => join(folder, candidate + ending))
    .find((candidate) => existsSync(candidate))
  if (path === undefined) return undefined
  const files = new ImportedFiles(folder, ending)
  try {
    const source = files.source(path)
    return { source, type: typeOfSchema(type, source, name) }
  } catch (error) {
    if (!(error instanceof StreamError) || error.code === 'FILE_UNREADABLE') throw error
    throw inFile(error, path, files.hintFor(error.detail ?? ''))
  }
}

/** The types that are always in a registry are refused where none is configured; of XML and SOAP the schema is a help only. */
function mustBeFile(type: NotationType): boolean {
  return type === 'csv' || (languageOf(type) !== undefined && !type.includes('_'))
}

function noFile(name: string, folder: string, ending: string): StreamError {
  return new StreamError('SCHEMA_NOT_FOUND', `schema "${name}" is in no file and in no registry`, {
    detail: `Looked for ${candidates(name)
      .map((candidate) => `"${candidate}${ending}"`)
      .join(', ')} in folder "${folder}".`,
    hint: 'Put the file there, or name a configuration with "--config" whose registry has the schema.',
  })
}

/** `a.b.C`, then `b.C`, then `C`. */
function candidates(name: string): readonly string[] {
  const parts = name.split('.')
  return parts.map((_, index) => parts.slice(index).join('.'))
}

const imports: Readonly<Record<string, RegExp>> = {
  '.proto': /(?<=^|;)\s*import\s+(?:public\s+|weak\s+)?(?:"([^"]+)"|'([^']+)')\s*;/gm,
  '.json': /"\$ref"\s*:\s*"([^"#]+)(?:#[^"]*)?"/g,
}

/** A schema with the files that it imports, directly or not: each once, what is imported before who imports it. */
class ImportedFiles {
  readonly #inOrder: ReferredSource[] = []
  /** By the names that imports give them: those that are being read, all that were found, and those that are in no file. */
  readonly #open: string[] = []
  readonly #found = new Set<string>()
  readonly #missing = new Set<string>()
  readonly #folder: string
  readonly #ending: string

  constructor(folder: string, ending: string) {
    this.#folder = folder
    this.#ending = ending
  }

  /** What is not there may be known to the format, or it says so itself. */
  source(path: string): SchemaSource {
    const text = readInside(this.#folder, path)
    const imported = this.#read(text, path)
    return imported.length === 0 ? { text } : { text, references: this.#inOrder, imports: imported }
  }

  /** For who is told that something is missing: where it was looked for. */
  hintFor(detail: string): string | undefined {
    if (![...this.#missing].some((name) => detail.includes(name))) return undefined
    return `Put what it imports into folder "${this.#folder}", at the path that the import names.`
  }

  /** @returns the names of those that the text imports itself */
  #read(text: string, path: string): readonly string[] {
    const pattern = imports[this.#ending]
    if (pattern === undefined) return []
    const names = new Set([...text.matchAll(pattern)].map(([, double, single]) => double ?? single ?? ''))
    return [...names].filter((name) => this.#add(name, path))
  }

  #add(name: string, from: string): boolean {
    const file = [join(dirname(from), name), join(this.#folder, name)].find(
      (candidate) => isInside(this.#folder, candidate) && existsSync(candidate),
    )
    if (file === undefined) {
      this.#missing.add(name)
      return false
    }
    if (this.#open.includes(name)) return this.#inCircle(name)
    if (this.#found.has(name)) return true
    if (this.#found.size >= importsMax) return false
    this.#found.add(name)
    this.#open.push(name)
    const text = readInside(this.#folder, file)
    const imported = this.#read(text, file)
    this.#open.pop()
    this.#inOrder.push({ name, text, ...(imported.length === 0 ? {} : { imports: imported }) })
    return true
  }

  /** JSON Schemas may refer to each other; files of Protobuf may not, not even to themselves. */
  #inCircle(name: string): boolean {
    if (this.#ending !== '.proto') return true
    const circle = [...this.#open.slice(this.#open.indexOf(name)), name]
    throw new StreamError('SCHEMA_INVALID', 'schema files import each other in a circle', {
      detail: `The circle: ${circle.map((each) => `"${each}"`).join(', ')}.`,
      hint: 'Put what both need into a file of its own.',
    })
  }
}

function isInside(folder: string, path: string): boolean {
  const root = resolve(folder)
  return resolve(path).startsWith(root.endsWith(sep) ? root : root + sep)
}

function readInside(folder: string, path: string): string {
  // A link may lead out of the folder though its name does not.
  if (!isInside(realpathSync(folder), realpathSync(path)))
    throw new StreamError('FILE_UNREADABLE', `schema file "${path}" lies outside the folder of the schemas`, {
      hint: 'Put the file itself into the folder.',
    })
  return readText(path)
}

function inFile(error: StreamError, path: string, hint: string | undefined): StreamError {
  const said = error.hint ?? hint
  return new StreamError(error.code, `${error.message} (in file "${path}")`, {
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(said === undefined ? {} : { hint: said }),
    cause: error,
  })
}
