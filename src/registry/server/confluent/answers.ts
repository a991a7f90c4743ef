import type { StoredVersion } from '../records.ts'
import type { RegistryService } from '../registry-service.ts'
import type { Call } from '../router.ts'

/** A version as the interface shows it; what is empty is left out, as the original does. */
export function schemaAnswer(service: RegistryService, stored: StoredVersion, call: Call): object {
  return {
    subject: stored.subject,
    version: stored.version,
    id: stored.id,
    ...contentAnswer(service, stored, call),
  }
}

/** What a schema is, without where it is registered. */
export function contentAnswer(service: RegistryService, stored: StoredVersion, call: Call): object {
  const { type, references, metadata, ruleSet, deleted } = stored
  return {
    guid: service.index.guidOf(stored),
    schemaType: type,
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    schema: formattedText(service, stored, call),
    ...(deleted ? { deleted } : {}),
  }
}

/** In the form that the query asks for, where the type has it. */
export function formattedText(service: RegistryService, stored: StoredVersion, { query }: Call): string {
  const format = query.get('format') ?? ''
  return (format === '' ? undefined : service.reading.read(stored).formatted(format)) ?? stored.text
}
