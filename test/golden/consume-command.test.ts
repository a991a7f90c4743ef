import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { startRegistry, type RunningRegistry } from '../../src/cli/registry.ts'

// Over loopback: a topic with Avro, whose schema is in the embedded registry.
let folder = ''
let bootstrap = ''
let broker: Broker
let registry: RunningRegistry

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-consume-'))
  broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  const { host, port } = await broker.listen(0, '127.0.0.1')
  bootstrap = `${host}:${port}`
  registry = await startRegistry({ broker, host, port: 0 }, silentLogger)
  const fields = Object.entries({ id: 'long', note: 'string', ratio: 'double' })
  const files = {
    'Order.avsc': { type: 'record', name: 'Order', fields: fields.map(([name, type]) => ({ name, type })) },
    'row.jsonl': { id: 7, note: 'hi', ratio: 0.5 },
    'runner.yaml': {
      kafka: { 'bootstrap.servers': bootstrap, 'application.id': 'orders' },
      ksml: {
        definitions: { main: 'main.yaml' },
        schemaDirectory: folder,
        notations: { mine: { type: 'confluent_avro', config: { 'schema.registry.url': registry.url } } },
      },
    },
  }
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content))
  await weft('topics', 'create', 'orders', '--partitions', '1')
  const given = ['--file', join(folder, 'row.jsonl'), '--key', 'id', '--value-type', 'mine:Order']
  await weft('produce', 'orders', ...given, ...config())
})

afterEach(async () => {
  await registry[Symbol.asyncDispose]()
  await broker.close()
  rmSync(folder, { recursive: true })
})

function config(): string[] {
  return ['--config', join(folder, 'runner.yaml')]
}

async function weft(...args: readonly string[]): Promise<{ lines: string[]; notes: string[] }> {
  const [lines, notes]: [string[], string[]] = [[], []]
  const output = {
    line: (text: string) => lines.push(text),
    note: (text: string) => notes.push(text),
    interactive: false,
    status: () => {},
  }
  await (await buildProgram(output)).parseAsync([...args, '--bootstrap', bootstrap], { from: 'user' })
  return { lines, notes }
}

function consumed(...more: readonly string[]): Promise<{ lines: string[]; notes: string[] }> {
  return weft('consume', 'orders', '--from-beginning', '--count', '1', ...more)
}

const value = '{"id":7,"note":"hi","ratio":0.5}'

describe('weft consume', () => {
  test('shows values by the schemas that they name in the registry of a configuration', async () => {
    expect(await consumed(...config(), '--value-type', 'mine')).toEqual({ lines: [`7\t${value}`], notes: [] })
    const { lines } = await consumed(...config(), '--value-type', 'mine', '--format', 'json')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      topic: 'orders',
      partition: 0,
      offset: 0,
      key: '7',
      value,
      headers: [],
    })
  })

  test('shows the bytes of what it cannot read as text, says which record it was, and goes on', async () => {
    const { lines, notes } = await consumed(...config(), '--key-type', 'long', '--value-type', 'mine')
    expect(lines).toEqual([`7\t${value}`])
    expect(notes).toEqual([expect.stringMatching(/^orders-0@0: .*; its bytes are shown as text$/)])
  })

  test('needs a registry or a file for a type with a schema', async () => {
    await expect(consumed('--value-type', 'avro:Order')).rejects.toMatchObject({ code: 'SCHEMA_NOT_FOUND' })
    await expect(consumed('--value-type', 'avro')).rejects.toMatchObject({ code: 'TYPE_INVALID' })
  })
})
