import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { toStreamError } from '../base/errors.ts'
import { addBrokerCommand } from './commands/broker.ts'
import { addCheckCommand } from './commands/check.ts'
import { addConsumeCommand } from './commands/consume.ts'
import { addDevCommand } from './commands/dev.ts'
import { addExplainCommand } from './commands/explain.ts'
import { addProduceCommand } from './commands/produce.ts'
import { addRunCommand } from './commands/run.ts'
import { addTopicsCommand } from './commands/topics.ts'
import { processOutput, type Output } from './output.ts'
import { exitCode, exitCodeOf, renderError } from './render/error.ts'

function buildProgram(output: Output): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('weft')
    .description('Stream processing for Apache Kafka: SQL joins and topologies from YAML')
    .version(version)
    .showHelpAfterError('(see: weft --help)')
    .exitOverride()
  for (const add of [
    addDevCommand,
    addRunCommand,
    addCheckCommand,
    addExplainCommand,
    addBrokerCommand,
    addTopicsCommand,
    addProduceCommand,
    addConsumeCommand,
  ]) {
    add(program, output)
  }
  return program
}

/** Runs the command line; sets the exit code of the process. */
async function main(args: readonly string[]): Promise<void> {
  const output = processOutput()
  try {
    await buildProgram(output).parseAsync(args, { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? exitCode.done : exitCode.wrong
      return
    }
    output.note(renderError(thrown))
    process.exitCode = exitCodeOf(toStreamError(thrown))
  }
}

// A reader that goes away, as `head` does, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCode.done : exitCode.failed),
)
await main(process.argv.slice(2))
