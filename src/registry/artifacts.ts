/**
 * Apicurio's artifacts as subjects: those of the group `default` have the artifact's name, those of other groups `GROUP:ARTIFACT`. So
 * both REST interfaces show the same schemas.
 */
export interface Artifact {
  readonly group: string
  readonly artifact: string
}

export const defaultGroup = 'default'

export function artifactSubject({ group, artifact }: Artifact): string {
  return group === defaultGroup ? artifact : `${group}:${artifact}`
}

export function subjectArtifact(subject: string): Artifact {
  const colon = subject.indexOf(':')
  if (colon <= 0) return { group: defaultGroup, artifact: subject }
  return { group: subject.slice(0, colon), artifact: subject.slice(colon + 1) }
}
