/** Schemas beside definitions: files of the folder, by the names that type strings use. Nothing outside of the folder is read. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { SchemaSource } from '../data/types.ts'
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
  const source = readSource(folder, path, ending)
  try {
    return { source, type: typeOfSchema(type, source, name) }
  } catch (error) {
    throw error instanceof StreamError ? inFile(error, path) : error
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
  '.proto': /^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;/gm,
  '.json': /"\$ref"\s*:\s*"([^"#]+)(?:#[^"]*)?"/g,
}

/** A schema with what it imports from the folder; what is not there may be known to the format, or it says so itself. */
function readSource(folder: string, path: string, ending: string): SchemaSource {
  const references = new Map<string, string>()
  const visit = (text: string, from: string): void => {
    const pattern = imports[ending]
    if (pattern === undefined) return
    for (const [, name = ''] of text.matchAll(pattern)) {
      const file = [join(dirname(from), name), join(folder, name)].find(
        (candidate) => isInside(folder, candidate) && existsSync(candidate),
      )
      if (file === undefined || references.has(name) || references.size >= importsMax) continue
      const imported = readInside(folder, file)
      references.set(name, imported)
      visit(imported, file)
    }
  }
  const text = readInside(folder, path)
  visit(text, path)
  // What is imported comes before who imports it.
  const inOrder = [...references].map(([name, text]) => ({ name, text })).toReversed()
  return inOrder.length === 0 ? { text } : { text, references: inOrder }
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

function inFile(error: StreamError, path: string): StreamError {
  return new StreamError(error.code, `${error.message} (in file "${path}")`, {
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}
