import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { addBrokerCommand } from './commands/broker.ts'
import { addCheckCommand } from './commands/check.ts'
import { addConsumeCommand } from './commands/consume.ts'
import { addDevCommand } from './commands/dev.ts'
import { addDlqCommand } from './commands/dlq.ts'
import { addExplainCommand } from './commands/explain.ts'
import { addProduceCommand } from './commands/produce.ts'
import { addResetCommand } from './commands/reset.ts'
import { addRunCommand } from './commands/run.ts'
import { addStateCommand } from './commands/state.ts'
import { addTopicsCommand } from './commands/topics.ts'
import type { Output } from './output.ts'

/** The command line as data: every command, argument and option. Nothing runs before it is told to parse. */
export function buildProgram(output: Output): Command {
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
    addDlqCommand,
    addStateCommand,
    addResetCommand,
  ]) {
    add(program, output)
  }
  return program
}
