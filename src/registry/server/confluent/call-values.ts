/** What calls of the Confluent interface carry, read and checked. */
import { schemaTypes } from '../../contracts.ts'
import { isJsonObject, type JsonObject } from '../../schemas/exact-text.ts'
import { invalidSchema, invalidSubject, invalidVersion, RegistryFailure } from '../failure.ts'
import type { SchemaReference } from '../records.ts'
import type { Registration } from '../registry-service.ts'
import type { Call } from '../router.ts'
import { besides, normalSubject } from '../subject-names.ts'

/** The subject of the path, in the context that the path began with. */
export function subjectOf({ path, context }: Call): string {
  const subject = path['subject'] ?? ''
  return context === undefined ? normalSubject(subject) : besides(subject, context)
}

/** Null for settings that stand for all subjects. */
export function scopeOf(call: Call): string | null {
  const subject =
    call.path['subject'] === undefined && call.context !== undefined ? call.context : subjectOf(call)
  return subject === '' ? null : subject
}

/** Python's client writes `True`, Java's `true`. */
export function flag({ query }: Call, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true'
}

export function wholeNumber({ query }: Call, name: string, fallback: number): number {
  const text = query.get(name)
  if (text === null || text === '') return fallback
  if (!/^-?\d{1,9}$/.test(text)) throw new RegistryFailure(404, 'HTTP 404 Not Found')
  return Number(text)
}

/** One page of a list, by `offset` and `limit`. */
export function page<T>(call: Call, items: readonly T[]): readonly T[] {
  const offset = Math.max(0, wholeNumber(call, 'offset', 0))
  const limit = wholeNumber(call, 'limit', -1)
  return items.slice(offset, limit < 0 ? undefined : offset + limit)
}

export function versionOf({ path }: Call): number | 'latest' {
  const text = path['version'] ?? ''
  if (text === 'latest' || text === '-1') return 'latest'
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) > 2_147_483_647) throw invalidVersion(text)
  return Number(text)
}

export function bodyOf({ body }: Call): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new RegistryFailure(400, 'The body is not valid JSON')
  }
  if (!isJsonObject(value)) throw new RegistryFailure(422, 'The body is no object')
  return value
}

/** What registers, looks up and tests schemas. */
export function registrationOf(call: Call): Registration {
  const body = bodyOf(call)
  const subject = subjectOf(call)
  if (subject === '') throw invalidSubject(subject)
  const named = body['schemaType'] ?? 'AVRO'
  const type = schemaTypes.find((known) => known === named)
  if (type === undefined) throw invalidSchema(`Invalid schema type ${JSON.stringify(named)}`)
  return {
    subject,
    type,
    text: typeof body['schema'] === 'string' ? body['schema'] : '',
    references: referencesOf(body['references']),
    ...(isJsonObject(body['metadata']) ? { metadata: body['metadata'] } : {}),
    ...(isJsonObject(body['ruleSet']) ? { ruleSet: body['ruleSet'] } : {}),
    ...(flag(call, 'normalize') ? { normalize: true } : {}),
    ...(flag(call, 'force') ? { force: true } : {}),
    ...wantedNumber(body, 'id', 0),
    ...wantedNumber(body, 'version', 1),
  }
}

/** A number below its least, such as -1, stands for none. */
function wantedNumber<Name extends 'id' | 'version'>(
  body: JsonObject,
  name: Name,
  least: number,
): Partial<Record<Name, number>> {
  const value = body[name]
  const wanted = typeof value === 'number' && Number.isSafeInteger(value) && value >= least
  return wanted ? ({ [name]: value } as Record<Name, number>) : {}
}

function referencesOf(value: unknown): readonly SchemaReference[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalidSchema('References are no list')
  return value.map((reference: unknown) => {
    const { name, subject, version } = isJsonObject(reference) ? reference : {}
    if (typeof name === 'string' && typeof subject === 'string' && typeof version === 'number')
      return { name, subject, version }
    throw invalidSchema('A reference has no name, subject and version')
  })
}
