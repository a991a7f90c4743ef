import { globSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { Catalog } from '../language/catalog.ts'
import { inFileOrder, renderDiagnostic, type Diagnostic } from '../language/diagnostic.ts'
import { loadDefinition, type LoadedDefinition } from '../language/load.ts'
import { noOptimization, type Optimization } from '../topology/optimization.ts'
import type { Topology } from '../topology/topology.ts'
import type { NotationSettings } from '../serde/formats.ts'
import { schemaBook } from './schema-files.ts'
import type { Output } from './output.ts'
import { renderError } from './render/error.ts'
import { sourceText } from './render/source-text.ts'
import { readText } from './text-file.ts'

/** A definition to be opened. */
export interface DefinitionSource {
  /** A file; or a folder, which stands for all definitions below it. */
  readonly path: string
  /** Absent: what is in the file. */
  readonly text?: string
  /** Prefixes the names of operations, and names the application; absent: the names in the file do. */
  readonly namespace?: string
  /** Where schema files lie; absent: beside the definition. */
  readonly schemaFolder?: string
  /** What is rewritten in the topology of its pipelines; absent: nothing. */
  readonly optimization?: Optimization
  /** Of the configuration, by name. */
  readonly notations?: Readonly<Record<string, NotationSettings>>
}

export interface OpenDefinition {
  /** As it was given. */
  readonly path: string
  readonly namespace: string | undefined
  /** Absolute. */
  readonly folder: string
  readonly loaded: LoadedDefinition
}

/** Looks for more that is wrong with a loaded definition; `file` is its path as messages show it. */
export type Inspect = (loaded: LoadedDefinition, file: string) => Promise<readonly Diagnostic[]>

/** A catalogue that knows nothing: what a definition says of its topics itself must do. */
export const emptyCatalog: Catalog = { values: () => Promise.resolve(undefined) }

/** @throws StreamError `FILE_UNREADABLE` */
export async function openDefinition(
  given: string | DefinitionSource,
  catalog: Catalog,
): Promise<OpenDefinition> {
  const source: DefinitionSource = typeof given === 'string' ? { path: given } : given
  const { path, namespace, optimization = noOptimization, text = readText(path) } = source
  const folder = dirname(resolve(path))
  const schemas = schemaBook(source.schemaFolder ?? folder, source.notations ?? {})
  const named = namespace === undefined ? {} : { namespace }
  const loaded = await loadDefinition(
    { path, text },
    { environment: process.env, catalog, schemas, optimization, ...named },
  )
  return { path, namespace, folder, loaded }
}

/**
 * Opens several definitions and prints all that is wrong with any of them, what `inspect` finds and files that cannot be read among it.
 *
 * @returns undefined where an error was among it
 * @throws StreamError `DEFINITION_INVALID` when two topologies have one name
 */
export async function openDefinitions(
  given: readonly (string | DefinitionSource)[],
  catalog: Catalog,
  output: Output,
  inspect?: Inspect,
): Promise<readonly OpenDefinition[] | undefined> {
  const definitions: OpenDefinition[] = []
  const sources = given.flatMap(definitionsIn)
  for (const source of sources) {
    const opened = await openReadable(source, catalog, output)
    if (opened === undefined) continue
    definitions.push(inspect === undefined ? opened : await inspected(opened, inspect))
  }
  const fine = definitions.filter((definition) => reportDiagnostics(definition, output))
  if (fine.length < sources.length) return undefined
  checkNames(definitions)
  return definitions
}

/** One that cannot be read is no reason to say nothing of the others. */
async function openReadable(
  source: string | DefinitionSource,
  catalog: Catalog,
  output: Output,
): Promise<OpenDefinition | undefined> {
  try {
    return await openDefinition(source, catalog)
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'FILE_UNREADABLE') throw error
    output.note(`${renderError(error)}\n`)
    return undefined
  }
}

/** With what `inspect` finds among its diagnostics. */
export async function inspected(opened: OpenDefinition, inspect: Inspect): Promise<OpenDefinition> {
  const { loaded, path } = opened
  const diagnostics = inFileOrder([...loaded.diagnostics, ...(await inspect(loaded, path))])
  return { ...opened, loaded: { ...loaded, diagnostics } }
}

/** Prints the diagnostics of a definition; false where an error is among them. */
export function reportDiagnostics({ path, loaded }: OpenDefinition, output: Output): boolean {
  const text = readText(path)
  // Of functions that are modules.
  const textOf = (file: string): string => (file === path ? text : sourceText(file))
  const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error').length
  for (const diagnostic of loaded.diagnostics)
    output.note(`${renderDiagnostic(diagnostic, textOf(diagnostic.span.file))}\n`)
  if (errors > 0) output.note(`${path}: ${errors} ${errors === 1 ? 'error' : 'errors'}`)
  return errors === 0
}

/** A folder stands for the definitions below it; folders with a dot hold copies, as Kubernetes makes them. */
export function definitionsIn(given: string | DefinitionSource): readonly (string | DefinitionSource)[] {
  const path = typeof given === 'string' ? given : given.path
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [given]
  const files = globSync('**/*.{yaml,yml}', { cwd: path, exclude: (name) => basename(name).startsWith('.') })
  if (files.length === 0)
    throw new StreamError('FILE_UNREADABLE', `no definition is in folder "${path}"`, {
      hint: 'Give a folder with files that end in ".yaml" or ".yml".',
    })
  const shared = typeof given === 'string' ? {} : { ...given }
  return files.toSorted().map((file) => ({ ...shared, path: join(path, file) }))
}

function checkNames(definitions: readonly OpenDefinition[]): void {
  const seen = new Map<string, string>()
  for (const definition of definitions) {
    const { path } = definition
    for (const topology of definition.loaded.topologies) {
      const name = nameOf(definition, topology)
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

/** What tells an application from others: the name of the query or the pipelines, or where they stand in a runner file. */
export function nameOf({ namespace }: OpenDefinition, { name, functions }: Topology): string {
  return namespace === undefined ? name : functions.namespace
}
