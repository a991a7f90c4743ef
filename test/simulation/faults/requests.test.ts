import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apis } from '../../../src/protocol/apis.ts'
import { errors } from './requests.ts'

const client = join(import.meta.dirname, '../../../src/kafka')
/** What a connection begins with, before there is anything to break, and what only commands ask for. */
const others = [
  'ApiVersions',
  'CreatePartitions',
  'DeleteGroups',
  'DeleteTopics',
  'DescribeGroups',
  'ListGroups',
  'OffsetDelete',
  'SaslAuthenticate',
  'SaslHandshake',
]

test('whatever the engine asks a broker for is broken in the simulation', () => {
  const sent = globSync('**/*.ts', { cwd: client })
    .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('fixtures'))
    .flatMap((file) => [...readFileSync(join(client, file), 'utf8').matchAll(/\bapis\.(\w+)/g)])
    .map(([, name]) => Object.entries(apis).find(([key]) => key === name)?.[1].name)
    .filter((name) => name !== undefined)
  expect(Object.keys(errors).toSorted()).toEqual(
    [...new Set(sent)].filter((name) => !others.includes(name)).toSorted(),
  )
})
