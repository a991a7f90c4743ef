import { expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { errorOf, openTestBroker } from '../fixtures/test-broker.ts'

const rule = (resourceName: string) => ({
  resourceType: 2,
  resourceName,
  resourcePatternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
})
const any = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const credential = (name: string) => ({
  name,
  mechanism: 1,
  iterations: 4096,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(32, 1),
})
const level = (feature: string, maxVersionLevel: number) => ({
  featureUpdates: [{ feature, maxVersionLevel, upgradeType: 3 }],
})

test('rules, credentials and feature levels outlast the broker where it has a data folder', async () => {
  using folder = new TempFolder()
  const open = () => openTestBroker({ dataFolder: folder.path })
  {
    const { broker, client } = open()
    await client.send(apis.createAcls, { creations: [rule('a'), rule('b')] })
    await client.send(apis.deleteAcls, { filters: [{ ...any, resourceNameFilter: 'b' }] })
    await client.send(apis.alterUserScramCredentials, {
      upsertions: [credential('alice'), credential('bob')],
    })
    await client.send(apis.alterUserScramCredentials, { deletions: [{ name: 'bob', mechanism: 1 }] })
    expect(errorOf(await client.send(apis.updateFeatures, level('transaction.version', 1)))).toBe('NONE')
    await broker.close()
  }
  const { broker, client } = open()
  const { resources } = await client.send(apis.describeAcls, any)
  expect(resources.map(({ resourceName, acls }) => [resourceName, acls.length])).toEqual([['a', 1]])
  const { results } = await client.send(apis.describeUserScramCredentials, { users: null })
  expect(results).toMatchObject([{ user: 'alice', credentialInfos: [{ mechanism: 1, iterations: 4096 }] }])
  const named = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const { finalizedFeatures } = await client.send(apis.apiVersions, named)
  expect(finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel).toBe(1)
  await broker.close()
})
