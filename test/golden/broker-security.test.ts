/** `weft broker` with TLS, certificates of clients and users: for our own client, and for KafkaJS, which knows nothing of us. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkaJs, { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { authority, client, server } from '../../src/broker/fixtures/certificates.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { startWeft, type WeftProcess } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-broker-security-'))
const password = 'correct horse'
let broker: WeftProcess
let bootstrap: string
let registry: string

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

beforeAll(async () => {
  const tls = `--tls-cert ${write('server.pem', server.cert)} --tls-key ${write('server.key', server.key)}`
  const clients = `--tls-ca ${write('authority.pem', authority)} --users ${write('users', `alice=${password}\n`)}`
  const rest = '--sasl SCRAM-SHA-256,SCRAM-SHA-512 --topics orders:2 --registry 0 --log-level debug'
  broker = startWeft(`broker --port 0 ${tls} ${clients} ${rest}`.split(' '))
  const listening = 'schema registry listening on'
  await vi.waitFor(() => expect(broker.stdout()).toContain(listening), { timeout: 50_000, interval: 50 })
  bootstrap = /broker listening on (\S+?),/.exec(broker.stdout())?.[1] ?? ''
  registry = /schema registry listening on (\S+)/.exec(broker.stdout())?.[1] ?? ''
}, 60_000)

afterAll(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

/** What our own commands see, by Kafka's properties. */
async function listTopics(properties: readonly string[]): Promise<string[]> {
  const commandConfig = write('client.properties', [...trusting, ...properties].join('\n'))
  const options = { bootstrap, connectTimeout: 5000, commandConfig }
  await using cluster = openCluster(options, silentLogger)
  return (await cluster.kafka.admin.listTopics()).map(({ name }) => name)
}

const trusting = [
  'security.protocol=SASL_SSL',
  'ssl.truststore.type=PEM',
  `ssl.truststore.location=${join(folder, 'authority.pem')}`,
]
const withCertificate = [
  'ssl.keystore.type=PEM',
  `ssl.keystore.location=${write('client.pem', `${client.key}\n${client.cert}`)}`,
]

function login(mechanism: string, secret: string): string[] {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  return [
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=${module} required username="alice" password="${secret}";`,
  ]
}

test('the first line says how clients come in', () => {
  expect(broker.stdout()).toContain(
    'records in memory, TLS with certificates of clients, SASL SCRAM-SHA-256 SCRAM-SHA-512',
  )
})

test('who has a certificate and a password is let in', async () => {
  expect(await listTopics([...withCertificate, ...login('SCRAM-SHA-512', password)])).toContain('orders')
})

test.each([
  ['a wrong password', [...withCertificate, ...login('SCRAM-SHA-256', 'wrong')], 'invalid credentials'],
  ['a mechanism that is not offered', [...withCertificate, ...login('PLAIN', password)], 'SCRAM-SHA-512'],
  ['no certificate', login('SCRAM-SHA-256', password), 'wants a certificate of our own'],
])('who comes with %s is not, and hears why', async (_, properties, reason) => {
  await expect(listTopics(properties)).rejects.toThrow(
    expect.objectContaining({
      code: 'AUTHENTICATION_FAILED',
      detail: expect.stringContaining(reason),
    }),
  )
})

test('KafkaJS writes and reads, and hears of a wrong password', async () => {
  const kafka = (sasl: SASLOptions): Kafka =>
    new Kafka({
      brokers: [bootstrap],
      logLevel: logLevel.NOTHING,
      ssl: { ca: [authority], cert: client.cert, key: client.key },
      sasl,
      retry: { retries: 0 },
    })
  const known = kafka({ mechanism: 'scram-sha-256', username: 'alice', password })
  const producer = known.producer({ createPartitioner: kafkaJs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const [sent] = await producer.send({ topic: 'orders', messages: [{ key: 'a', value: 'b', partition: 1 }] })
  await producer.disconnect()
  expect(sent).toMatchObject({ partition: 1, errorCode: 0 })
  const admin = known.admin()
  await admin.connect()
  expect(await admin.fetchTopicOffsets('orders')).toContainEqual(
    expect.objectContaining({ partition: 1, high: '1' }),
  )
  await admin.disconnect()
  const stranger = kafka({ mechanism: 'scram-sha-256', username: 'alice', password: 'wrong' }).admin()
  await expect(stranger.connect()).rejects.toThrow(/authentication failed/i)
})

test('the registry in the same process needs no password to keep its schemas', async () => {
  const body = JSON.stringify({ schema: '"long"' })
  const answer = await fetch(`${registry}/subjects/orders-key/versions`, { method: 'POST', body })
  expect(await answer.json()).toMatchObject({ id: 1 })
})

test('no secret is in what was printed or logged', () => {
  const said = broker.stdout() + broker.stderr()
  expect(said).toContain('authentication failed')
  expect(said).not.toContain(password)
  expect(said).not.toContain('PRIVATE KEY')
})
