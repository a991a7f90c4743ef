/** Compatibility levels and modes: of all subjects, of a context (`:.name:`) or of one subject. */
import { compatibilityLevels, type CompatibilityLevel } from '../../compatibility/levels.ts'
import {
  invalidCompatibility,
  invalidMode,
  invalidSubject,
  notPermitted,
  subjectConfigMissing,
  subjectModeMissing,
  subjectNotFound,
} from '../failure.ts'
import { settingsRecord } from '../records.ts'
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

async function writeConfig(service: RegistryService, call: Call): Promise<object> {
  const scope = validScope(call)
  const body = bodyOf(call)
  const level = body['compatibility']
  if (level !== undefined && level !== null && levelOf(level) === undefined) throw invalidCompatibility()
  await service.write(() => {
    checkWritable(service, scope)
    const config = {
      ...service.state.config(scope),
      ...(levelOf(level) === undefined ? {} : { compatibilityLevel: levelOf(level) }),
      ...(typeof body['normalize'] === 'boolean' ? { normalize: body['normalize'] } : {}),
      ...(typeof body['compatibilityGroup'] === 'string'
        ? { compatibilityGroup: body['compatibilityGroup'] }
        : {}),
    }
    return { records: [settingsRecord('CONFIG', scope, config)], answer: undefined }
  })
  return body
}

function levelOf(text: unknown): CompatibilityLevel | undefined {
  return compatibilityLevels.find((level) => level === String(text).toUpperCase())
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

async function writeMode(service: RegistryService, call: Call): Promise<object> {
  const scope = validScope(call)
  const body = bodyOf(call)
  const mode = modes.find((known) => known === String(body['mode']).toUpperCase())
  if (mode === undefined) throw invalidMode()
  await service.write(() => {
    if (mode === 'IMPORT' && service.state.mode(scope) !== 'IMPORT' && !flag(call, 'force'))
      checkEmpty(service, scope)
    return { records: [settingsRecord('MODE', scope, { mode })], answer: undefined }
  })
  return { mode }
}

function deleteMode(service: RegistryService, call: Call): Promise<{ readonly mode: Mode }> {
  const scope = scopeOf(call)
  return service.write(() => {
    const mode = service.state.mode(scope)
    if (mode === undefined && scope !== null) throw subjectNotFound(scope)
    const answer = { mode: mode ?? service.state.modeInScope(scope) }
    return { records: [settingsRecord('MODE', scope, null)], answer }
  })
}

/** Imported ids must not meet those that have been given. */
function checkEmpty({ state }: RegistryService, scope: string | null): void {
  const found = state.subjects(false).filter((subject) => {
    if (scope === null) return true
    return parseSubject(scope).name === '' ? contextOf(subject) === contextOf(scope) : subject === scope
  })
  if (found.length > 0) throw notPermitted('Cannot import since found existing subjects')
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
