/**
 * Reads configuration files: a KSML runner's (`ksml:` and `kafka:`), or the application configuration of SQL pipelines (`kafka.brokers`, `state`).
 * Both give the same resolved options; nothing is thrown for what an author wrote.
 */
import { dirname, isAbsolute, join } from 'node:path'
import type { SourceSpan } from '../base/errors.ts'
import { Diagnostics, type Diagnostic } from './diagnostic.ts'
import { configSchema } from './definition/fields/config-fields.ts'
import {
  runnerSchema,
  type DefinitionSource,
  type KsmlFields,
  type RunnerFields,
} from './definition/fields/runner-fields.ts'
import { resolveConfig } from './definition/resolve-config.ts'
import {
  defaultErrorHandling,
  resolveErrorHandling,
  type ErrorHandling,
} from './definition/resolve-errors.ts'
import { plainPatterns, resolvePatterns, type NamePatterns } from './definition/resolve-patterns.ts'
import { resolveNotations, type RunnerNotation } from './definition/resolve-notations.ts'
import type { NamedEntry } from './schema/collections.ts'
import { objectOf } from './schema/object.ts'
import { parseYaml, type SourceText, type YamlMap } from './yaml-document.ts'

export interface RunnerFile {
  /** `ksml` keeps Kafka's defaults where it says nothing; `kaflowsql` is exactly once. */
  readonly form: 'ksml' | 'kaflowsql'
  /** None in a `kaflowsql` file: its pipelines are named on the command line. */
  readonly definitions: readonly RunnerDefinition[]
  /** Properties by Kafka's names, as text. */
  readonly kafka: Readonly<Record<string, string>>
  /** How topics, groups and transactional ids are called in a cluster that several share. */
  readonly names: NamePatterns
  /** Where the state is kept; absent: where the command keeps it. */
  readonly stateDirectory: string | undefined
  readonly errorHandling: ErrorHandling
  readonly pythonContext: PythonContext
  /** Ways to write values, by the names that type strings use. */
  readonly notations: Readonly<Record<string, RunnerNotation>>
  /** Where schema files lie; absent: beside each definition. */
  readonly schemaDirectory: string | undefined
  readonly sql: SqlOptions
}

export interface RunnerDefinition {
  /** Prefixes the names of operations. */
  readonly namespace: string
  /** A file to be read; or, for a definition in the runner's file, that file's text with all else blanked, so that places stay right. */
  readonly source:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'text'; readonly file: SourceText }
}

/** What Python code may do; all is forbidden unless said otherwise. */
export interface PythonContext {
  readonly allowHostFileAccess: boolean
  readonly allowHostSocketAccess: boolean
  readonly allowNativeAccess: boolean
  readonly allowCreateProcess: boolean
  readonly allowCreateThread: boolean
  readonly inheritEnvironmentVariables: boolean
  readonly modulePath: string | undefined
}

/** What concerns SQL pipelines only. */
export interface SqlOptions {
  /** Put before the name of a pipeline, with a hyphen, to make its group. */
  readonly groupPrefix: string | undefined
  /** How long records of event topics are kept where a pipeline does not say. */
  readonly eventTtlMs: number | undefined
  /** How topics are written of which a pipeline says nothing; absent: as JSON. */
  readonly inputNotation: string | undefined
}

export interface LoadedRunnerFile {
  /** Absent where there is an error. */
  readonly runner: RunnerFile | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export interface RunnerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
}

const verbatimKeys: ReadonlySet<string> = new Set(['code', 'expression', 'globalCode'])

/** Reads a configuration file of either form. */
export function loadRunnerFile(file: SourceText, { environment }: RunnerOptions): LoadedRunnerFile {
  const diagnostics = new Diagnostics()
  const root = parseYaml(file, { environment, verbatimKeys }, diagnostics)
  const runner = root === undefined ? undefined : readRunner(root, { file, environment, diagnostics })
  return { runner: diagnostics.failed ? undefined : runner, diagnostics: diagnostics.list() }
}

interface Reading extends RunnerOptions {
  readonly file: SourceText
  readonly diagnostics: Diagnostics
}

function readRunner(root: YamlMap, reading: Reading): RunnerFile | undefined {
  const { file, environment, diagnostics } = reading
  const span: SourceSpan = root.entries[0]?.keySpan ?? root.span
  if (root.entries.some(({ key }) => key === 'ksml')) {
    const fields = objectOf(runnerSchema).read(root, diagnostics, { label: 'the runner file', span })
    return fields === undefined ? undefined : resolveRunner(fields, reading)
  }
  const fields = objectOf(configSchema).read(root, diagnostics, { label: 'the configuration', span })
  if (fields === undefined) return undefined
  const { kafka, statePath, notations, ...sql } = resolveConfig(fields, environment, diagnostics)
  return {
    form: 'kaflowsql',
    definitions: [],
    kafka,
    names: plainPatterns,
    stateDirectory: statePath === undefined ? undefined : beside(file.path, statePath),
    errorHandling: defaultErrorHandling,
    pythonContext: resolvePython(undefined),
    notations,
    schemaDirectory: undefined,
    sql,
  }
}

function resolveRunner({ ksml, kafka, at }: RunnerFields, { file, diagnostics }: Reading): RunnerFile {
  const properties: Record<string, string> = {}
  for (const { name, value } of kafka) {
    if (value !== undefined) properties[name] = value.value
  }
  if ((properties['application.id'] ?? '').trim() === '')
    diagnostics.error('CONFIG_INVALID', '"application.id" is missing in "kafka"', at.span, {
      detail: 'It names the consumer group, and begins the names of internal topics.',
      hint: 'Add, for example, "application.id: my-app".',
    })
  warnUnused(ksml, diagnostics)
  const folder = ksml.configDirectory?.value ?? '.'
  return {
    form: 'ksml',
    definitions: ksml.enablePipelines.value
      ? ksml.definitions.flatMap((entry) => definitionOf(entry, file, folder))
      : [],
    kafka: properties,
    names: resolvePatterns(kafka, diagnostics),
    stateDirectory:
      ksml.storageDirectory === undefined ? undefined : beside(file.path, ksml.storageDirectory.value),
    errorHandling: resolveErrorHandling(ksml.errorHandling, diagnostics),
    pythonContext: resolvePython(ksml.pythonContext),
    notations: resolveNotations(ksml, properties, diagnostics),
    schemaDirectory:
      ksml.schemaDirectory === undefined ? undefined : beside(file.path, ksml.schemaDirectory.value),
    sql: { groupPrefix: undefined, eventTtlMs: undefined, inputNotation: undefined },
  }
}

function warnUnused(
  { applicationServer, prometheus, enablePipelines, at }: KsmlFields,
  diagnostics: Diagnostics,
): void {
  if (!enablePipelines.value)
    diagnostics.warn('CONFIG_INVALID', 'pipelines are switched off, so that nothing runs', at.span, {
      hint: 'Write "enablePipelines: true", or remove it.',
    })
  for (const section of [applicationServer, prometheus])
    if (section?.enabled.value === true)
      diagnostics.warn('NOT_SUPPORTED', `${section.at.label} is not served yet`, section.at.span)
}

function definitionOf(
  entry: NamedEntry<DefinitionSource>,
  file: SourceText,
  folder: string,
): RunnerDefinition[] {
  const { name: namespace, value } = entry
  if (value === undefined) return []
  if (value.kind === 'file') {
    const path = isAbsolute(value.path) ? value.path : beside(file.path, join(folder, value.path))
    return [{ namespace, source: { kind: 'file', path } }]
  }
  const [start, end] = value.range
  // Blanks in place of all else keep every line and column where it is.
  const before = file.text.slice(0, start).replaceAll(/[^\n]/g, ' ')
  const text = before + file.text.slice(start, end)
  return [{ namespace, source: { kind: 'text', file: { path: file.path, text } } }]
}

function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

function resolvePython(fields: KsmlFields['pythonContext']): PythonContext {
  const may = (name: Exclude<keyof PythonContext, 'modulePath'>): boolean => fields?.[name].value ?? false
  return {
    allowHostFileAccess: may('allowHostFileAccess'),
    allowHostSocketAccess: may('allowHostSocketAccess'),
    allowNativeAccess: may('allowNativeAccess'),
    allowCreateProcess: may('allowCreateProcess'),
    allowCreateThread: may('allowCreateThread'),
    inheritEnvironmentVariables: may('inheritEnvironmentVariables'),
    modulePath: fields?.modulePath?.value,
  }
}
