import { expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { Broker } from '../broker/broker.ts'
import { RegistryServer } from '../registry/registry-server.ts'
import { openCluster } from './cluster.ts'
import { openSchemaTopic, schemaTopic } from './schema-topic.ts'

async function ask(server: RegistryServer, method: string, target: string, body?: object): Promise<unknown> {
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  const answer = await server.exchange({ method, target, headers: {}, body: bytes })
  return JSON.parse(answer.body.toString())
}

test('a registry that is opened again on the same topic knows what it knew', async () => {
  const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  const { host, port } = await broker.listen(0)
  const open = async () => {
    const cluster = openCluster({ bootstrap: `${host}:${port}` }, silentLogger)
    const log = await openSchemaTopic(cluster.kafka, systemClock)
    return { cluster, server: await RegistryServer.open({ logger: silentLogger, log }) }
  }
  try {
    const first = await open()
    await ask(first.server, 'POST', '/subjects/a/versions', { schema: '"long"' })
    await ask(first.server, 'POST', '/subjects/b/versions', { schema: '"string"' })
    await ask(first.server, 'DELETE', '/subjects/a')
    await ask(first.server, 'DELETE', '/subjects/a?permanent=true')
    await ask(first.server, 'PUT', '/config', { compatibility: 'FULL' })
    await first.server.close()
    expect(await first.cluster.kafka.admin.topicConfigs(schemaTopic)).toMatchObject({
      'cleanup.policy': 'compact',
    })
    await first.cluster[Symbol.asyncDispose]()

    const second = await open()
    expect(await ask(second.server, 'GET', '/subjects?deleted=true')).toEqual(['b'])
    expect(await ask(second.server, 'GET', '/schemas/ids/2')).toMatchObject({ schema: '"string"' })
    expect(await ask(second.server, 'GET', '/config')).toEqual({ compatibilityLevel: 'FULL' })
    expect(await ask(second.server, 'POST', '/subjects/c/versions', { schema: '"int"' })).toMatchObject({
      id: 3,
    })
    await second.server.close()
    await second.cluster[Symbol.asyncDispose]()
  } finally {
    await broker.close()
  }
})
