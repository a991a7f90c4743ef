import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TempFolder } from '../../broker/fixtures/data-folder.ts'
import type { Output } from '../output.ts'
import { buildProgram } from '../program.ts'

/** What the command says when it is called in vain. */
async function call(...options: readonly string[]): Promise<unknown> {
  const output: Output = { line: () => {}, note: () => {}, interactive: false, status: () => {} }
  const program = await buildProgram(output)
  for (const command of program.commands) command.configureOutput({ writeErr: () => {} })
  return program.parseAsync(['broker', '--port', '0', ...options], { from: 'user' })
}

test('a port that another program has is named, with what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(call('--port', String(port))).rejects.toThrow(
    expect.objectContaining({ code: 'PORT_IN_USE', message: `could not listen on port ${port}` }),
  )
  server.close()
})

test.each([
  [
    'format',
    'weft-broker 99\n',
    ['format', 'lock'],
    'is of another version',
    'It has format "weft-broker 99"',
  ],
  ['thesis.doc', '', ['thesis.doc'], 'holds something else', '"thesis.doc"'],
])(
  'a data folder with %s in it is left as it is, and named with what to do',
  async (file, text, left, what, fact) => {
    using folder = new TempFolder()
    writeFileSync(join(folder.path, file), text)
    await expect(call('--data-dir', folder.path)).rejects.toThrow(
      expect.objectContaining({
        code: 'DATA_FOLDER_VERSION',
        message: `data folder "${folder.path}" ${what}`,
        detail: expect.stringContaining(fact),
        hint: expect.stringContaining('an empty folder'),
      }),
    )
    expect(readdirSync(folder.path)).toEqual(left)
  },
)

test.each([
  ['orders:0', '"orders:0" is no topic with its partitions'],
  ['a b:1', '"a b:1" is no topic with its partitions'],
  ['a:1,:2', '":2" is no topic with its partitions'],
])('topics such as %j are refused before anything runs', async (topics, message) => {
  await expect(call('--topics', topics)).rejects.toThrow(
    expect.objectContaining({ code: 'USAGE_INVALID', message }),
  )
})

test('a bound of memory where records are in a folder is refused', async () => {
  await expect(call('--memory', '1GiB', '--data-dir', 'folder')).rejects.toThrow(/--memory.*--data-dir/)
})

test('a data folder without a name is refused: the working folder would become one', async () => {
  await expect(call('--data-dir', '')).rejects.toThrow('It takes a folder')
})

test('a topic that is named twice is refused', async () => {
  await expect(call('--topics', 'a:4,a:8')).rejects.toThrow(
    expect.objectContaining({ code: 'USAGE_INVALID', message: 'topic "a" is named twice' }),
  )
})

test('nodes for which there are no ports are refused', async () => {
  await expect(call('--port', '65535', '--nodes', '2')).rejects.toThrow(
    expect.objectContaining({
      code: 'USAGE_INVALID',
      message: '2 nodes from port 65535 on need ports up to 65536',
    }),
  )
})

test.each([
  ['0', 'It takes a whole number above 0.'],
  ['1000', 'It takes 1 to 100.'],
])('a cluster of %s nodes is refused', async (nodes, message) => {
  await expect(call('--nodes', nodes)).rejects.toThrow(message)
})

test('a name that Kafka refuses is refused with Kafka’s reason', async () => {
  await expect(call('--topics', '..:1')).rejects.toThrow(
    expect.objectContaining({ code: 'TOPIC_INVALID', detail: "Topic name is invalid: '..' is not allowed" }),
  )
})

test.each([
  [['--set', 'log.retention.hours=4'], 'CONFIG_INVALID', 'Use "log.retention.ms", in milliseconds.'],
  [['--set', 'num.partition=4'], 'CONFIG_INVALID', 'Did you mean "num.partitions"?'],
  [
    ['--set', 'num.partitions=4', '--set', 'colour=red'],
    'CONFIG_INVALID',
    'docs/reference/broker.md lists the settings of brokers.',
  ],
])('%j is refused with what to do', async (options, code, hint) => {
  await expect(call(...options)).rejects.toThrow(expect.objectContaining({ code, hint }))
})

test('a setting without a value is refused', async () => {
  await expect(call('--set', 'num.partitions')).rejects.toThrow('It takes a name and a value')
})
