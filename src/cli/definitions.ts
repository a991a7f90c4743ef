import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { Catalog } from '../language/catalog.ts'
import { renderDiagnostic } from '../language/diagnostic.ts'
import { loadDefinition, type LoadedDefinition } from '../language/load.ts'
import type { Topology } from '../topology/topology.ts'
import type { Output } from './output.ts'

export interface OpenDefinition {
  /** As it was given. */
  readonly path: string
  /** Absolute. */
  readonly folder: string
  readonly loaded: LoadedDefinition
}

/** A catalogue that knows nothing: what a definition says of its topics itself must do. */
export const emptyCatalog: Catalog = { columns: () => Promise.resolve(undefined) }

/** @throws StreamError `FILE_UNREADABLE` */
export async function openDefinition(path: string, catalog: Catalog): Promise<OpenDefinition> {
  const text = readDefinition(path)
  const loaded = await loadDefinition({ path, text }, { environment: process.env, catalog })
  return { path, folder: dirname(resolve(path)), loaded }
}

/**
 * Opens several definitions and prints all that is wrong with any of them.
 *
 * @returns undefined where an error was among it
 * @throws StreamError `FILE_UNREADABLE`; `DEFINITION_INVALID` when two topologies have one name
 */
export async function openDefinitions(
  paths: readonly string[],
  catalog: Catalog,
  output: Output,
): Promise<readonly OpenDefinition[] | undefined> {
  const definitions: OpenDefinition[] = []
  for (const path of paths) definitions.push(await openDefinition(path, catalog))
  const failed = definitions.filter((definition) => !reportDiagnostics(definition, output))
  if (failed.length > 0) return undefined
  checkNames(definitions)
  return definitions
}

/** Prints the diagnostics of a definition; false where an error is among them. */
export function reportDiagnostics({ path, loaded }: OpenDefinition, output: Output): boolean {
  const text = readDefinition(path)
  const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error').length
  for (const diagnostic of loaded.diagnostics) output.note(`${renderDiagnostic(diagnostic, text)}\n`)
  if (errors > 0) output.note(`${path}: ${errors} ${errors === 1 ? 'error' : 'errors'}`)
  return errors === 0
}

function readDefinition(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StreamError('FILE_UNREADABLE', `could not read "${path}"`, {
      detail: error instanceof Error ? error.message : '',
      hint: 'Give the path of a definition file.',
      cause: error,
    })
  }
}

function checkNames(definitions: readonly OpenDefinition[]): void {
  const seen = new Map<string, string>()
  for (const { path, loaded } of definitions) {
    for (const { name } of loaded.topologies) {
      const before = seen.get(name)
      if (before !== undefined) {
        throw new StreamError('DEFINITION_INVALID', `"${before}" and "${path}" both define "${name}"`, {
          hint: 'Give each a name of its own: it is the consumer group.',
        })
      }
      seen.set(name, path)
    }
  }
}

/** The application id of a topology: its name, prefixed where the user asks for it. */
export function applicationIdOf(topology: Topology, prefix: string | undefined): string {
  return prefix === undefined ? topology.name : `${prefix}-${topology.name}`
}
