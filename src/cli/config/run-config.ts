/** What a configuration file says about a run: KSML's runner file, or the configuration of SQL pipelines. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderDiagnostic } from '../../language/diagnostic.ts'
import { loadRunnerFile, type RunnerDefinition, type RunnerFile } from '../../language/runner-file.ts'
import type { RecordPolicy, RecordStage } from '../../runtime/options.ts'
import { idleOptions } from '../../serde/notation-options.ts'
import type { DefinitionSource } from '../definitions.ts'
import { readText } from '../text-file.ts'
import type { Output } from '../output.ts'
import type { NamePattern } from '../../topology/name-pattern.ts'
import { optimizationOf } from './optimization.ts'
import { applyProperties, type DraftSettings } from './kafka-properties.ts'
import { securityOf, type KafkaSecurity } from './kafka-security.ts'

export interface RunConfig {
  /** What to run where the command line names no files; a folder of files for SQL pipelines. */
  readonly definitions: readonly DefinitionSource[]
  /** Of the one application; where several run, what their ids begin with. */
  readonly applicationId: string | undefined
  readonly applicationPrefix: string | undefined
  readonly bootstrap: string | undefined
  readonly security: KafkaSecurity
  readonly stateDir: string | undefined
  /** What definitions may name in their types. */
  readonly schemas: Pick<DefinitionSource, 'notations' | 'schemaFolder' | 'optimization'>
  /** How topics are written of which a query says nothing; absent: as JSON. */
  readonly inputNotation: string | undefined
  readonly settings: DraftSettings
  /** How topics are called in the cluster. */
  readonly topicNames: NamePattern
  /** What the file says and what has no effect, a line each. */
  readonly warnings: readonly string[]
}

/**
 * Reads a configuration file and prints all that is wrong with it.
 *
 * @returns undefined where an error was among it
 * @throws StreamError `FILE_UNREADABLE`; `CONFIG_INVALID` for properties whose values cannot be read
 */
export function readRunConfig(path: string, output: Output): RunConfig | undefined {
  const text = readText(path)
  const { runner, diagnostics } = loadRunnerFile({ path, text }, { environment: process.env })
  for (const diagnostic of diagnostics) output.note(`${renderDiagnostic(diagnostic, text)}\n`)
  if (runner === undefined) return undefined
  const config = runConfigOf(runner, path)
  for (const warning of config.warnings) output.note(`${path}: warning: ${warning}`)
  return config
}

/** What a command is about: the files that it names, else what the configuration does. */
export function sourcesOf(files: readonly string[], config: RunConfig): readonly DefinitionSource[] {
  return files.length > 0 ? files.map((path) => ({ path, ...config.schemas })) : config.definitions
}

/** @throws StreamError `CONFIG_INVALID` */
export function runConfigOf(runner: RunnerFile, path: string): RunConfig {
  const { form, kafka, errorHandling, pythonContext, notations, names } = runner
  const steps = [errorHandling.consume, errorHandling.process, errorHandling.produce]
  const { settings, unsupported } = applyProperties(kafka)
  // Kafka's own default stands where a runner file says nothing.
  settings.guarantee ??= form === 'ksml' ? 'at_least_once' : 'exactly_once_v2'
  settings.policies = policiesOf(errorHandling)
  if (errorHandling.deadLetterTopic !== undefined) settings.deadLetterTopic = errorHandling.deadLetterTopic
  settings.python = pythonOf(pythonContext)
  settings.notations = notations
  const { properties: namers, ...resources } = names
  settings.names = resources
  const schemas = {
    notations,
    optimization: optimizationOf(kafka['topology.optimization']),
    ...(runner.schemaDirectory === undefined ? {} : { schemaFolder: runner.schemaDirectory }),
  }
  return {
    definitions: (form === 'ksml' ? runner.definitions.map(definitionOf) : pipelinesBeside(path)).map(
      (definition) => ({ ...definition, ...schemas }),
    ),
    schemas,
    inputNotation: runner.sql.inputNotation,
    applicationId: kafka['application.id'],
    applicationPrefix: runner.sql.groupPrefix,
    bootstrap: kafka['bootstrap.servers'],
    security: securityOf(kafka),
    stateDir: runner.stateDirectory ?? kafka['state.dir'],
    settings,
    topicNames: names.topic,
    warnings: [
      ...unsupported
        .filter((name) => !namers.has(name))
        .map((name) => `Kafka property "${name}" has no effect`),
      ...idleOptionsOf(notations, kafka),
      ...forbidden(pythonContext),
      ...(steps.some(({ logPayload }) => logPayload)
        ? ['"logPayload" has no effect: contents of records are never logged']
        : []),
    ],
  }
}

/** What stands in the Kafka section is judged there: it serves more than notations. */
function idleOptionsOf(notations: RunnerFile['notations'], kafka: RunnerFile['kafka']): string[] {
  return Object.entries(notations).flatMap(([name, notation]) =>
    idleOptions(notation)
      .filter((option) => kafka[option] === undefined)
      .map((option) => `property "${option}" of notation "${name}" has no effect`),
  )
}

function definitionOf({ namespace, source }: RunnerDefinition): DefinitionSource {
  if (source.kind === 'file') return { path: source.path, namespace }
  return { path: source.file.path, text: source.file.text, namespace }
}

/** Where the pipelines of SQL configurations lie by custom. */
function pipelinesBeside(path: string): DefinitionSource[] {
  const folder = join(dirname(path), 'pipelines')
  return existsSync(folder) ? [{ path: folder }] : []
}

const stagesOf: Readonly<Record<'consume' | 'process' | 'produce', readonly RecordStage[]>> = {
  consume: ['decode'],
  process: ['function'],
  produce: ['encode', 'produce'],
}

type Handler = RunnerFile['errorHandling']['consume']['handler']
const policyOf: Readonly<Record<Handler, RecordPolicy>> = {
  stopOnFail: 'fail',
  continueOnFail: 'skip',
  deadLetter: 'dead_letter',
  retryOnFail: 'fail',
}

/** `retryOnFail` asks for what the client does anyway: it sends again while the trouble may pass, and fails when it does not. */
function policiesOf(errors: RunnerFile['errorHandling']): Record<RecordStage, RecordPolicy> {
  const policies: Record<RecordStage, RecordPolicy> = {
    decode: 'fail',
    function: 'fail',
    encode: 'fail',
    produce: 'fail',
  }
  for (const step of ['consume', 'process', 'produce'] as const)
    for (const stage of stagesOf[step]) policies[stage] = policyOf[errors[step].handler]
  return policies
}

function pythonOf(context: RunnerFile['pythonContext']): NonNullable<DraftSettings['python']> {
  const { modulePath, inheritEnvironmentVariables } = context
  return { inheritEnvironmentVariables, ...(modulePath === undefined ? {} : { modulePath }) }
}

const permissions = [
  'allowHostFileAccess',
  'allowHostSocketAccess',
  'allowNativeAccess',
  'allowCreateProcess',
  'allowCreateThread',
] as const

function forbidden(context: RunnerFile['pythonContext']): string[] {
  return permissions
    .filter((permission) => context[permission])
    .map(
      (permission) => `"${permission}" has no effect: Python code reaches nothing outside of its interpreter`,
    )
}
