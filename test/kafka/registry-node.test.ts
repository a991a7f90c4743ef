/** Confluent's Node client and serialisers, unmodified, against the embedded registry. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { RegistryServer } from '../../src/registry/registry-server.ts'
import { folderWithPackage } from './node-tools.ts'
import { writtenAnew } from './written-anew.ts'

let folder: string
let server: RegistryServer
let url: string

beforeAll(async () => {
  folder = folderWithPackage('@confluentinc/schemaregistry', '1.10.1')
  server = await RegistryServer.open({ logger: silentLogger })
  url = `http://127.0.0.1:${(await server.listen({ port: 0, host: '127.0.0.1' })).port}`
}, 600_000)

afterAll(() => server.close())

async function node(values: object): Promise<any> {
  const script = join(import.meta.dirname, 'clients/registry.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    folder,
    url,
    JSON.stringify(values),
  ])
  return JSON.parse(stdout)
}

test("Confluent's Node client is answered as it expects, and both sides read the other's values", async () => {
  const { write, rest } = await node({})
  expect(rest).toEqual({
    refused: [409, 40901],
    absent: [404, 40401],
    compatible: false,
    versions: [1],
    subjects: ['node-avro-value', 'node-json-value'],
    version: 1,
    level: 'FULL',
    deleted: [1],
  })
  const values: Record<string, object> = {}
  for (const [name, type] of [
    ['avro', 'AVRO'],
    ['json', 'JSON'],
  ] as const)
    values[name] = await writtenAnew({ data: write[name] as string }, { url, name, type })
  expect(values).toMatchObject({ avro: { value: { id: 7, note: 'grün' } }, json: { value: { id: 7 } } })
  expect(await node(values)).toEqual({ avro: { id: 7, note: 'grün' }, json: { id: 7 } })
})
