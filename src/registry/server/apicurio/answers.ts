import { subjectArtifact } from '../../artifacts.ts'
import type { SchemaType } from '../../contracts.ts'
import type { SchemaReference, StoredVersion } from '../records.ts'

export const artifactTypes: Readonly<Record<SchemaType, string>> = {
  AVRO: 'AVRO',
  PROTOBUF: 'PROTOBUF',
  JSON: 'JSON',
}

export const contentTypes: Readonly<Record<SchemaType, string>> = {
  AVRO: 'application/json',
  PROTOBUF: 'application/x-protobuf',
  JSON: 'application/json',
}

export function versionAnswer(stored: StoredVersion): object {
  return {
    ...artifactAnswer(stored),
    version: String(stored.version),
    globalId: stored.globalId,
    contentId: stored.id,
    state: 'ENABLED',
  }
}

export function artifactAnswer({ subject, type }: StoredVersion): object {
  const { group, artifact } = subjectArtifact(subject)
  return { groupId: group, artifactId: artifact, artifactType: artifactTypes[type], owner: '', labels: {} }
}

export function referenceAnswer({ name, subject, version }: SchemaReference): object {
  const { group, artifact } = subjectArtifact(subject)
  return { groupId: group, artifactId: artifact, version: String(version), name }
}
