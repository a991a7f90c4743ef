import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Connector, EncodedRequest } from '../../src/kafka/contracts.ts'
import { fetcherDefaults, producerDefaults, textRecord, valuesOf } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import type { Api, DeepPartial } from '../../src/protocol/api.ts'
import { apis, type ResponseOf } from '../../src/protocol/apis.ts'
import { encodeRequestHeader, skipResponseHeader } from '../../src/protocol/headers.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-kafka-'))
let kafka: ApacheKafka

beforeAll(async () => {
  kafka = await startApacheKafka({ folder })
}, 120_000)

afterAll(async () => {
  await kafka.stop()
  rmSync(folder, { recursive: true })
}, 60_000)

/** One request over a connection of its own. */
function ask<Q, S>(api: Api<Q, S>, version: number, request: DeepPartial<Q>): Promise<S> {
  const writer = new ByteWriter()
  writer.writeInt32(0)
  const header = { apiKey: api.key, apiVersion: version, correlationId: 7, clientId: 'weft-test' }
  encodeRequestHeader(header, api.isFlexible(version), writer)
  api.request.encode(request, version, writer)
  writer.buffer.writeInt32BE(writer.length - 4, 0)
  return new Promise((resolve, reject) => {
    const socket = connect(kafka.port, '127.0.0.1', () => socket.write(writer.copy()))
    let received = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('Apache Kafka closed the connection')))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      socket.destroy()
      const body = skipResponseHeader(received, api.key, api.isFlexible(version), 4)
      resolve(api.response.decode(received, version, body))
    })
  })
}

describe('Apache Kafka', () => {
  test('speaks no stable version of our APIs that our tables lack', async () => {
    const { apiKeys, errorCode } = await ask(apis.apiVersions, 4, {
      clientSoftwareName: 'weft',
      clientSoftwareVersion: '0',
    })
    expect(errorCode).toBe(0)
    const newest = new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]))
    const lacking = Object.values(apis).filter((api) => (newest.get(api.key) ?? -1) > api.maxVersion)
    expect(lacking.map(({ name }) => name)).toEqual([])
  })

  test('answers in every version of Metadata that it speaks', async () => {
    for (let version = 0; version <= apis.metadata.maxVersion; version++) {
      const answer: ResponseOf<typeof apis.metadata> = await ask(apis.metadata, version, { topics: [] })
      expect(answer.brokers).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port: kafka.port }])
    }
  })

  test('comes back on its port with its topics after it was killed', async () => {
    const topics = [{ name: 'kept', numPartitions: 3, replicationFactor: 1 }]
    const created = await ask(apis.createTopics, 7, { topics, timeoutMs: 10_000 })
    expect(created.topics).toMatchObject([{ name: 'kept', errorCode: 0, numPartitions: 3 }])
    const { port } = kafka
    await kafka.kill()
    kafka = await startApacheKafka({ folder })
    expect(kafka.port).toBe(port)
    const found = await ask(apis.metadata, 13, { topics: [{ name: 'kept' }] })
    expect(found.topics[0]?.partitions.length).toBe(3)
  })

  test('grants our fetcher a session: requests name only what changed', async () => {
    const sizes: number[] = []
    const tcp = tcpConnector()
    const connector: Connector = {
      connect: async (...address) => {
        const connection = await tcp.connect(...address)
        const send = (request: EncodedRequest): Promise<Buffer> => {
          if (request.apiKey === apis.fetch.key) sizes.push(Buffer.concat(request.body).length)
          return connection.send(request)
        }
        return {
          send,
          close: () => connection.close(),
          get closed() {
            return connection.closed
          },
        }
      },
    }
    const client = openKafka({ bootstrap: [kafka.bootstrap], clientId: 'sessions', connector })
    await client.admin.createTopics([{ name: 'many', partitions: 100, replicationFactor: 1, configs: {} }])
    const fetcher = client.fetcher({ ...fetcherDefaults, maxWaitMs: 50 })
    for (let partition = 0; partition < 100; partition++) fetcher.assign({ topic: 'many', partition }, 0)
    const producer = client.producer(producerDefaults)
    await producer.partitionCount('many')
    const seen: string[] = []
    // Partitions that the broker has only just made are asked for again until all of them answer.
    const small = (): boolean => sizes.length >= 10 && sizes.slice(-10).every((size) => size < 200)
    const endMs = performance.now() + 10_000
    let sent = 0
    while ((sent < 20 || !small()) && performance.now() < endMs) {
      producer.append('many', textRecord(`${sent}`, sent++ % 100))
      await producer.flush()
      while (seen.length < sent && performance.now() < endMs) {
        const part = fetcher.poll()
        if (part === undefined) await fetcher.ready(50)
        else seen.push(...valuesOf(part))
      }
    }
    expect(seen).toEqual(Array.from({ length: sent }, (_, i) => `${i}`))
    expect(Math.max(...sizes)).toBeGreaterThan(2_500)
    expect(small(), sizes.join(' ')).toBe(true)
    await Promise.all([fetcher.close(), producer.close()])
    await client.close()
  })
})
