/** Compatibility levels and modes: of all subjects, of a context (`:.name:`) or of one subject. */
import { compatibilityLevels, type CompatibilityLevel } from '../../compatibility/levels.ts'
import {
  invalidCompatibility,
  invalidMode,
  invalidSubject,
  notPermitted,
  referenceExists,
  subjectConfigMissing,
  subjectModeMissing,
  subjectNotFound,
} from '../failure.ts'
import { schemaKey, settingsRecord, type LogRecord } from '../records.ts'
import type { RegistryService } from '../registry-service.ts'
import type { Mode, RegistryConfig } from '../registry-state.ts'
import { get, put, remove, type Call, type Route } from '../router.ts'
import { contextOf, isValidSubject, parseSubject } from '../subject-names.ts'
import { bodyOf, flag, scopeOf } from './call-values.ts'

export function settingRoutes(service: RegistryService): readonly Route[] {
  return ['', '/{subject}'].flatMap((one) => [
    get(`/config${one}`, (call) => readConfig(service, call)),
    put(`/config${one}`, (call) => writeConfig(service, call)),
    remove(`/config${one}`, (call) => deleteConfig(service, call)),
    get(`/mode${one}`, (call) => readMode(service, call)),
    put(`/mode${one}`, (call) => writeMode(service, call)),
    remove(`/mode${one}`, (call) => deleteMode(service, call)),
  ])
}

function readConfig({ state }: RegistryService, call: Call): RegistryConfig {
  const scope = scopeOf(call)
  if (scope === null || flag(call, 'defaultToGlobal')) return state.configInScope(scope)
  const config = state.config(scope)
  if (config === undefined) throw subjectConfigMissing(scope)
  return config
}

function writeConfig(service: RegistryService, call: Call): Promise<object> {
  const scope = validScope(call)
  const body = bodyOf(call)
  const changes = {
    compatibilityLevel: changeOf(body['compatibility'], checkedLevel),
    normalize: changeOf(body['normalize'], (value) => value === true),
    compatibilityGroup: changeOf(body['compatibilityGroup'], String),
  }
  return service.write(() => {
    checkWritable(service, scope)
    const config = withChanges(service.state.config(scope) ?? {}, changes)
    const { compatibilityLevel: compatibility, ...others } = config
    return {
      records: [settingsRecord('CONFIG', scope, config)],
      answer: { ...(compatibility === undefined ? {} : { compatibility }), ...others },
    }
  })
}

/** Undefined leaves a setting as it is, null takes it away. */
function changeOf<T>(value: unknown, read: (value: unknown) => T): T | null | undefined {
  return value === undefined || value === null ? value : read(value)
}

function checkedLevel(text: unknown): CompatibilityLevel {
  const found = compatibilityLevels.find((level) => level === String(text).toUpperCase())
  if (found === undefined) throw invalidCompatibility()
  return found
}

type Changes = { readonly [Name in keyof RegistryConfig]: RegistryConfig[Name] | null | undefined }

function withChanges(config: RegistryConfig, changes: Changes): RegistryConfig {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  const all = Object.entries({ ...config, ...Object.fromEntries(given) })
  return Object.fromEntries(all.filter(([, value]) => value !== null))
}

function deleteConfig(service: RegistryService, call: Call): Promise<RegistryConfig> {
  const scope = scopeOf(call)
  return service.write(() => {
    const config = service.state.config(scope)
    if (config === undefined && scope !== null) throw subjectNotFound(scope)
    checkWritable(service, scope)
    const answer = config ?? service.state.configInScope(scope)
    return { records: [settingsRecord('CONFIG', scope, null)], answer }
  })
}

function readMode({ state }: RegistryService, call: Call): { readonly mode: Mode } {
  const scope = scopeOf(call)
  if (scope === null || flag(call, 'defaultToGlobal')) return { mode: state.modeInScope(scope) }
  const mode = state.mode(scope)
  if (mode === undefined) throw subjectModeMissing(scope)
  return { mode }
}

const modes: readonly Mode[] = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT']

function writeMode(service: RegistryService, call: Call): Promise<object> {
  const scope = validScope(call)
  const body = bodyOf(call)
  const mode = changeOf(body['mode'], checkedMode)
  if (mode === undefined) throw invalidMode()
  return service.write(() => {
    const importing = mode === 'IMPORT' && service.state.modeInScope(scope) !== 'IMPORT'
    const cleared = importing && !flag(call, 'force') ? clearDeleted(service, scope) : []
    return {
      records: [...cleared, settingsRecord('MODE', scope, mode === null ? null : { mode })],
      answer: { mode },
      ...(cleared.length === 0 ? {} : { done: () => service.index.forget() }),
    }
  })
}

function checkedMode(text: unknown): Mode {
  const found = modes.find((mode) => mode === String(text).toUpperCase())
  if (found === undefined) throw invalidMode()
  return found
}

function deleteMode(service: RegistryService, call: Call): Promise<{ readonly mode: Mode }> {
  const scope = scopeOf(call)
  const recursive = flag(call, 'recursive')
  return service.write(() => {
    const { state } = service
    const mode = state.mode(scope)
    if (mode === undefined && scope !== null && !recursive) throw subjectNotFound(scope)
    const within = recursive ? state.modeScopes().filter((other) => isWithin(other, scope)) : []
    const records = [...new Set([scope, ...within])].map((gone) => settingsRecord('MODE', gone, null))
    return { records, answer: { mode: mode ?? state.modeInScope(scope) } }
  })
}

/** Imported ids must not meet those that have been given: what is deleted goes for good, anything else forbids it. */
function clearDeleted({ state }: RegistryService, scope: string | null): LogRecord[] {
  const subjects = state.subjects(true).filter((subject) => isWithin(subject, scope))
  const versions = subjects.flatMap((subject) => state.versions(subject, true))
  if (versions.some(({ deleted }) => !deleted))
    throw notPermitted('Cannot import since found existing subjects')
  for (const { subject, version } of versions)
    if (state.referringTo(subject, version, true).some((other) => !isWithin(other.subject, scope)))
      throw referenceExists(subject, version)
  return versions.map(({ subject, version }) => ({ key: schemaKey(subject, version), value: null }))
}

/** Whether a subject is that of a scope, of its context or, for null, any. */
function isWithin(subject: string | null, scope: string | null): boolean {
  if (scope === null || subject === null) return scope === null
  return parseSubject(scope).name === '' ? contextOf(subject) === contextOf(scope) : subject === scope
}

function validScope(call: Call): string | null {
  const scope = scopeOf(call)
  if (scope === null || isValidSubject(scope) || parseSubject(scope).name === '') return scope
  throw invalidSubject(scope)
}

function checkWritable({ state }: RegistryService, scope: string | null): void {
  if (state.modeInScope(scope).startsWith('READONLY'))
    throw notPermitted(`Subject ${scope} in context ${contextOf(scope ?? '')} is in read-only mode`)
}
