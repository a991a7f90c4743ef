import { artifactSubject, defaultGroup } from '../../artifacts.ts'
import type { SchemaType } from '../../contracts.ts'
import { guessType } from '../../schemas/guess-type.ts'
import { RegistryFailure } from '../failure.ts'
import type { SchemaReference } from '../records.ts'
import type { Registration } from '../registry-service.ts'

export interface CreateArtifact {
  readonly artifactId?: unknown
  readonly artifactType?: unknown
  readonly firstVersion?: CreateVersion
}

export interface CreateVersion {
  readonly content?: {
    readonly content?: unknown
    readonly contentType?: unknown
    readonly references?: unknown
    readonly encoding?: unknown
  }
}

/** @param type - of the artifact; without one it is taken from the content */
export function registrationOf(
  subject: string,
  { content }: CreateVersion,
  type: SchemaType | undefined,
): Registration {
  if (typeof content?.content !== 'string') throw new RegistryFailure(400, 'The version has no content')
  const text =
    content.encoding === 'base64' ? Buffer.from(content.content, 'base64').toString('utf8') : content.content
  return { subject, type: type ?? guessType(text), text, references: referencesOf(content.references) }
}

function referencesOf(value: unknown): readonly SchemaReference[] {
  if (!Array.isArray(value)) return []
  return value.map(
    (reference: { name?: unknown; groupId?: unknown; artifactId?: unknown; version?: unknown }) => {
      const { name, groupId, artifactId, version } = reference
      if (typeof name !== 'string' || typeof artifactId !== 'string')
        throw new RegistryFailure(400, 'A reference has no name or artifact')
      const group = typeof groupId === 'string' ? groupId : defaultGroup
      return {
        name,
        subject: artifactSubject({ group, artifact: artifactId }),
        version: Number(version ?? -1),
      }
    },
  )
}
