import { StreamError } from '../../base/errors.ts'
import type { Artifact } from '../artifacts.ts'
import type { SchemaUse } from '../contracts.ts'
import type { ApicurioSettings, SubjectStrategy } from '../settings.ts'

/** @throws StreamError `CONFIG_INVALID` where the strategy needs a record's name and there is none */
export function subjectBy(strategy: SubjectStrategy, use: SchemaUse): string {
  if (strategy === 'topic') return `${use.topic}-${use.side}`
  if (strategy === 'plain-topic') return use.topic
  const name = recordName(strategy, use)
  return strategy === 'record' ? name : `${use.topic}-${name}`
}

/** In Apicurio a record's namespace becomes the group. @throws StreamError as {@link subjectBy} */
export function artifactBy({ subjects, group, artifact }: ApicurioSettings, use: SchemaUse): Artifact {
  const strategy = subjects[use.side]
  if (artifact !== undefined) return { group, artifact }
  if (strategy === 'topic' || strategy === 'plain-topic') return { group, artifact: subjectBy(strategy, use) }
  const name = recordName(strategy, use)
  const dot = name.lastIndexOf('.')
  const short = name.slice(dot + 1)
  return {
    group: dot < 0 ? group : name.slice(0, dot),
    artifact: strategy === 'record' ? short : `${use.topic}-${short}`,
  }
}

function recordName(strategy: SubjectStrategy, { topic, side, recordName: name }: SchemaUse): string {
  if (name !== undefined) return name
  throw new StreamError('CONFIG_INVALID', `the ${side} of topic "${topic}" has no record with a name`, {
    detail: `The subject strategy "${strategy}" calls subjects after records.`,
    hint: 'Use the strategy "topic", or a schema that is a record.',
  })
}
