import { expect, test } from 'vitest'
import { emptyCatalog, openDefinition } from '../definitions.ts'
import { applicationsOf, emptyConfig } from './run-settings.ts'

const pipelines = (name: string): string =>
  `name: ${name}\nstreams: { a: { topic: a, keyType: string, valueType: string } }\npipelines: { main: { from: a, to: a } }\n`
const open = (namespace: string | undefined, name: string) =>
  openDefinition(
    { path: 'x.yaml', text: pipelines(name), ...(namespace === undefined ? {} : { namespace }) },
    emptyCatalog,
  )
const ids = (...of: Parameters<typeof applicationsOf>): string[] =>
  applicationsOf(...of).map(({ applicationId }) => applicationId)

test('an application is called as its definition is, after the prefix of the call or of the file', async () => {
  const definitions = [await open(undefined, 'orders')]
  expect(ids(definitions, emptyConfig, {})).toEqual(['orders'])
  expect(ids(definitions, { ...emptyConfig, applicationPrefix: 'shop' }, {})).toEqual(['shop-orders'])
  expect(
    ids(definitions, { ...emptyConfig, applicationPrefix: 'shop' }, { applicationPrefix: 'mine' }),
  ).toEqual(['mine-orders'])
})

test('the one application of a runner file has its id; several get their namespaces after it', async () => {
  const config = { ...emptyConfig, applicationId: 'app' }
  const [first, second] = [await open('first', 'same'), await open('second', 'same')]
  expect(ids([first], config, {})).toEqual(['app'])
  expect(ids([first, second], config, {})).toEqual(['app-first', 'app-second'])
})
