/** How commands begin and end: `weft` as a process of its own against the embedded broker over loopback. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { openIdentity } from '../../src/runtime/identity/process-identity.ts'
import { repository, runWeft, startWeft, weft } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-command-line-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const names = [
    'words',
    'copies',
    'keyed',
    'broken',
    'mixed',
    'lines',
    'open',
    'rides',
    'counted',
    'keyless',
    'keyless-counts',
    'numbered',
  ]
  await cluster.kafka.admin.createTopics(
    names.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
  )
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

function definition(name: string): string {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `name: ${name}
streams:
  words: { topic: words, keyType: string, valueType: string }
  copies: { topic: copies, keyType: string, valueType: string }
pipelines: { main: { from: words, to: copies } }
`,
  )
  return path
}

test('a run whose second application cannot start stops the first and ends', async () => {
  const stateDir = join(folder, 'locked')
  const held = openIdentity({ kind: 'folder', stateDir }, 'second')
  const files = [definition('first'), definition('second')]
  const run = await runWeft(['run', ...files, '--bootstrap', bootstrap, '--state-dir', stateDir], {
    timeoutMs: 30_000,
  })
  held.release()
  expect(run.stderr).toContain('STATE_LOCKED')
  expect(run.code).toBe(1)
})

test('records that are too late for their window are counted in the last line', async () => {
  const file = join(folder, 'rides.jsonl')
  writeFileSync(file, [60_000, 200_000, 61_000, 62_000].map((at) => `${JSON.stringify({ at })}\n`).join(''))
  await weft('produce', 'rides', '--file', file, '--event-time', 'at', '--bootstrap', bootstrap)
  const path = join(folder, 'late.yaml')
  writeFileSync(
    path,
    `streams:
  rides: { topic: rides, keyType: string, valueType: json }
functions:
  all: { type: keyValueMapper, language: javascript, expression: "'all'", resultType: string }
pipelines:
  main:
    from: rides
    via:
      - { type: groupBy, mapper: all }
      - { type: windowByTime, windowType: tumbling, duration: 1m, grace: 1s }
      - { type: count }
      - { type: toStream }
    to: { topic: counted, keyType: 'windowed(string)', valueType: long }
`,
  )
  const run = await runWeft([
    'run',
    path,
    '--bootstrap',
    bootstrap,
    '--until-end',
    '--state-dir',
    join(folder, 'late'),
  ])
  expect(run.stderr).toMatch(/^in 4, out 2, dead letters 0, late 2, \d+\.\d s$/m)
  expect(run.code).toBe(0)
})

test('records that are skipped are no dead letters', async () => {
  const raw = ['produce', 'mixed', '--value-type', 'string', '--bootstrap', bootstrap]
  await runWeft(raw, { input: '{"id":1}\n{"id":\n' })
  writeFileSync(
    join(folder, 'skipping.yaml'),
    `ksml:
  configDirectory: .
  storageDirectory: skipping
  createStorageDirectory: true
  errorHandling: { consume: { handler: continueOnFail } }
  definitions:
    skips:
      streams:
        mixed: { topic: mixed, keyType: string, valueType: json }
        copies: { topic: copies, keyType: string, valueType: json }
      pipelines: { main: { from: mixed, to: copies } }
kafka: { application.id: skipping, bootstrap.servers: '${bootstrap}', commit.interval.ms: 100 }
`,
  )
  const run = await runWeft(['run', '--config', join(folder, 'skipping.yaml'), '--until-end'], { folder })
  expect(run.stderr).toMatch(/^in 2, out 1, dead letters 0, skipped 1, \d+\.\d s$/m)
  expect(run.code).toBe(0)
})

test('records that an operator has no use for are named, once, and counted by reason', async () => {
  const raw = ['produce', 'keyless', '--value-type', 'string', '--bootstrap', bootstrap]
  await runWeft(raw, { input: 'one\ntwo\n' })
  const file = join(folder, 'keyless.yaml')
  writeFileSync(
    file,
    `name: keyless
streams:
  keyless: { topic: keyless, keyType: string, valueType: string }
  counts: { topic: keyless-counts, keyType: string, valueType: long }
stores:
  counted: { type: keyValue, keyType: string, valueType: long, logging: false }
pipelines:
  main:
    from: keyless
    via: [{ type: groupByKey }, { type: count, store: counted }, { type: toStream }]
    to: counts
`,
  )
  const state = ['--state-dir', join(folder, 'keyless')]
  const run = await runWeft(['run', file, '--bootstrap', bootstrap, '--until-end', ...state])
  expect(run.stderr).toMatch(/^in 2, out 0, dead letters 0, dropped 2 \(null-key-or-value 2\), \d+\.\d s$/m)
  expect(run.stderr.match(/a record is left out/g)).toHaveLength(1)
  expect(run.stderr).toContain('"topic":"keyless"')
  expect(run.code).toBe(0)
})

test('a run takes at least one thread', async () => {
  const run = await runWeft(['run', definition('threads'), '--threads', '0'])
  expect(run.stderr).toContain('a whole number above 0')
  expect(run.code).toBe(2)
})

async function keysIn(topic: string, count: number): Promise<unknown[]> {
  const args = ['consume', topic, '--bootstrap', bootstrap, '--from-beginning', '--format', 'json']
  const { stdout } = await runWeft([...args, '--count', String(count)])
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { key: unknown }).key)
}

test('a key from standard input keeps all its digits', async () => {
  const input = '{"id":9007199254740993}\n{"id":"a"}\n{"id":null}\n'
  const run = await runWeft(['produce', 'keyed', '--key', 'id', '--bootstrap', bootstrap], { input })
  expect(run.code).toBe(0)
  expect(await keysIn('keyed', 3)).toEqual(['9007199254740993', 'a', null])
})

test('keys are written in the type that is told, and one that does not fit is named with its row', async () => {
  const file = join(folder, 'numbered.jsonl')
  writeFileSync(file, '{"id":9007199254740993}\n{"id":null}\n{"id":"a"}\n{"id":4}\n')
  const args = ['--key', 'id', '--key-type', 'long', '--bootstrap', bootstrap]
  const run = await runWeft(['produce', 'numbered', '--file', file, ...args])
  expect(run.stderr).toContain('field "id" does not fit the type of the topic\'s keys')
  expect(run.stderr).toContain(`Keys are of type long. It is row 3 of "${file}"; those before it were sent.`)
  expect(run.code).toBe(1)
  const more = await runWeft(['produce', 'numbered', ...args], { input: '{"id":5}\n' })
  expect(more.code).toBe(0)
  const reading = ['--from-beginning', '--count', '3', '--key-type', 'long', '--bootstrap', bootstrap]
  const { stdout } = await runWeft(['consume', 'numbered', ...reading])
  expect(stdout).toBe('9007199254740993\t{"id":9007199254740993}\nnull\t{"id":null}\n5\t{"id":5}\n')
})

test('a type of keys is told of a field only', async () => {
  const run = await runWeft(['produce', 'keyed', '--key-type', 'long', '--bootstrap', bootstrap])
  expect(run.stderr).toContain('"--key-type" is given without "--key"')
  expect(run.code).toBe(2)
})

test('data of "dev:" is loaded with keys of the type that the definition declares', async () => {
  const keys = { long: '7', double: '1.5', boolean: 'true', bytes: '"AAEC"', json: '{"a":1}', string: '"x"' }
  const kinds = Object.entries(keys)
  for (const [kind, key] of kinds) writeFileSync(join(folder, `${kind}.jsonl`), `{"id":${key}}\n`)
  const streams = kinds.map(
    ([kind]) => `  ${kind}s: { topic: ${kind}s, keyType: ${kind}, valueType: json }
  ${kind}s-out: { topic: ${kind}s-out, keyType: ${kind}, valueType: json }
`,
  )
  const path = join(folder, 'typed-keys.yaml')
  writeFileSync(
    path,
    `streams:
${streams.join('')}pipelines:
${kinds.map(([kind]) => `  ${kind}: { from: ${kind}s, to: ${kind}s-out }\n`).join('')}dev:
  topics:
${kinds.map(([kind]) => `    ${kind}s: { file: ${kind}.jsonl, key: id }\n`).join('')}`,
  )
  const run = await runWeft(['dev', path])
  expect(run.stderr).toMatch(/^in 6, out 6, dead letters 0, /m)
  for (const [kind, key] of kinds)
    expect(run.stdout).toContain(
      `${kind}s-out  ${key.replaceAll('"', kind === 'json' ? '"' : '')}  {"id":${key}}`,
    )
  expect(run.code).toBe(0)
})

test('a line that is no JSON object is named with what was sent before it', async () => {
  const input = '{"id":1}\n\n{"id":2}\n{"id":\n{"id":4}\n'
  const run = await runWeft(['produce', 'broken', '--key', 'id', '--bootstrap', bootstrap], { input })
  expect(run.stderr).toContain('line 4 of standard input is not a JSON object')
  expect(run.stderr).toContain('Records sent before it: 2.')
  expect(run.code).toBe(1)
  expect(await keysIn('broken', 2)).toEqual(['1', '2'])
})

test('a line that is no JSON object is refused without a key, too, and the way to send it is told', async () => {
  const args = ['produce', 'open', '--bootstrap', bootstrap]
  const run = await runWeft(args, { input: 'plain text\n' })
  expect(run.stderr).toContain('line 1 of standard input is not a JSON object')
  expect(run.stderr).toContain('Records sent before it: 0.')
  expect(run.stderr).toContain('for lines as they are, leave --key out and say --value-type string')
  expect(run.code).toBe(1)
})

test('a field that the first line does not have is no key', async () => {
  const args = ['produce', 'open', '--key', 'nokey', '--bootstrap', bootstrap]
  const run = await runWeft(args, { input: '{"id":1}\n' })
  expect(run.stderr).toContain('line 1 of standard input has no field "nokey" to take as key')
  expect(run.code).toBe(2)
})

test('lines are split as bytes and have to be UTF-8', async () => {
  const args = ['produce', 'lines', '--value-type', 'string', '--bootstrap', bootstrap]
  const sent = await runWeft(args, { input: 'one\u2028line\nna\u00EFve\r\n' })
  expect(sent.code).toBe(0)
  const read = ['consume', 'lines', '--bootstrap', bootstrap, '--from-beginning', '--count', '2']
  const shown = await runWeft([...read, '--value-type', 'bytes'])
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  expect(shown.stdout.trim().split('\n').toSorted()).toEqual(
    [`null\t${base64('one\u2028line')}`, `null\t${base64('na\u00EFve')}`].toSorted(),
  )
  const bad = await runWeft(args, { input: Buffer.from([0x61, 0x0a, 0xff, 0x0a]) })
  expect(bad.stderr).toContain('line 2 of standard input is not UTF-8')
  expect(bad.code).toBe(1)
})

test('standard input has no field for the time of the event', async () => {
  const run = await runWeft(['produce', 'keyed', '--event-time', 'at', '--bootstrap', bootstrap])
  expect(run.stderr).toContain('USAGE_INVALID')
  expect(run.code).toBe(2)
})

test('Ctrl-C ends the reading of a standard input that stays open', async () => {
  const args = ['produce', 'open', '--bootstrap', bootstrap]
  const child = spawn(process.execPath, [join(repository, 'bin/weft.mjs'), ...args])
  const stderr: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  const ended = new Promise((resolve) => child.once('close', resolve))
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  child.stdin.write('{"id":1}\n')
  // The record has arrived: the program reads, and hears the signal.
  await keysIn('open', 1)
  child.kill('SIGINT')
  expect(await ended).toBe(0)
  clearTimeout(late)
  expect(stderr.join('')).toContain('sent 1 records to open')
})

test('a broker with a registry keeps the schemas in a topic of its own', async () => {
  const weft = startWeft(['broker', '--port', '0', '--registry', '0'])
  try {
    await expect.poll(() => weft.stdout(), { timeout: 20_000 }).toContain('schema registry listening on')
    const [, address = ''] = /broker listening on (\S+),/.exec(weft.stdout()) ?? []
    const [, url = ''] = /schema registry listening on (\S+)/.exec(weft.stdout()) ?? []
    const body = JSON.stringify({ schema: '"long"' })
    const answer = await fetch(`${url}/subjects/keyed-key/versions`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ id: 1, version: 1 })
    const args = ['consume', '_schemas', '--bootstrap', address, '--from-beginning', '--format', 'json']
    const { stdout } = await runWeft([...args, '--count', '1'])
    expect(JSON.parse(stdout)).toMatchObject({
      key: '{"keytype":"SCHEMA","subject":"keyed-key","version":1,"magic":1}',
    })
  } finally {
    await weft.stop()
  }
})
