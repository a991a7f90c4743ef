/** Tests whether a schema could be registered, without doing it. */
import { RegistryFailure, versionNotFound } from '../failure.ts'
import type { StoredVersion } from '../records.ts'
import type { RegistryService } from '../registry-service.ts'
import { post, type Call, type Route } from '../router.ts'
import { flag, registrationOf, subjectOf, versionOf } from './call-values.ts'

export function compatibilityRoutes(service: RegistryService): readonly Route[] {
  return [
    post('/compatibility/subjects/{subject}/versions/{version}', (call) =>
      testCompatibility(service, call, oneVersion(service, call)),
    ),
    post('/compatibility/subjects/{subject}/versions', (call) =>
      testCompatibility(service, call, service.state.versions(subjectOf(call), false)),
    ),
  ]
}

/** A subject without versions has nothing to be incompatible with. */
function oneVersion({ state }: RegistryService, call: Call): readonly StoredVersion[] {
  const wanted = versionOf(call)
  const versions = state.versions(subjectOf(call), false)
  if (wanted === 'latest') return versions.slice(-1)
  const found = versions.filter(({ version }) => version === wanted)
  if (found.length === 0) throw versionNotFound(wanted)
  return found
}

function testCompatibility(service: RegistryService, call: Call, earlier: readonly StoredVersion[]): object {
  const verbose = flag(call, 'verbose')
  let messages: readonly string[]
  try {
    messages = service.differences(registrationOf(call), earlier)
  } catch (error) {
    if (!verbose || !(error instanceof RegistryFailure) || error.code !== 42201) throw error
    messages = [error.message]
  }
  return { is_compatible: messages.length === 0, ...(verbose ? { messages } : {}) }
}
