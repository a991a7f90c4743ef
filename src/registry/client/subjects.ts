import { StreamError } from '../../base/errors.ts'
import type { SchemaUse } from '../contracts.ts'
import type { SubjectStrategy } from '../settings.ts'

/** @throws StreamError `CONFIG_INVALID` where the strategy needs a record's name and there is none */
export function subjectBy(strategy: SubjectStrategy, use: SchemaUse): string {
  if (strategy === 'topic') return `${use.topic}-${use.side}`
  if (strategy === 'plain-topic') return use.topic
  if (use.recordName === undefined) {
    throw new StreamError(
      'CONFIG_INVALID',
      `the ${use.side} of topic "${use.topic}" has no record with a name`,
      {
        detail: `The subject strategy "${strategy}" calls subjects after records.`,
        hint: 'Use the strategy "topic", or a schema that is a record.',
      },
    )
  }
  return strategy === 'record' ? use.recordName : `${use.topic}-${use.recordName}`
}
