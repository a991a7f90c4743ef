import type { Command } from 'commander'
import { expect, test } from 'vitest'
import type { Output } from './output.ts'
import { buildProgram } from './program.ts'

const output: Output = { line: () => {}, note: () => {}, interactive: false, status: () => {} }

async function complaint(...args: readonly string[]): Promise<string> {
  let text = ''
  const listen = (command: Command): void => {
    command.configureOutput({ writeErr: (part) => (text += part) })
    command.commands.forEach(listen)
  }
  const program = await buildProgram(output, args[0])
  listen(program)
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ exitCode: 1 })
  return text
}

test.each([
  [['brokr'], 'weft --help'],
  [['dev'], 'weft dev --help'],
  [['consume', '--nope'], 'weft consume --help'],
  [['topics', 'lst'], 'weft topics --help'],
  [['topics', 'create'], 'weft topics create --help'],
])('what is wrong in %j is told with where to look: %s', async (args, help) => {
  expect(await complaint(...args)).toContain(`(see: ${help})`)
})
