import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import type { Output } from './output.ts'

type AddCommand = (program: Command, output: Output) => void

/** Each command with all that it runs: half of the time of a start is reading modules, and one start needs one command. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  dev: async () => (await import('./commands/dev.ts')).addDevCommand,
  run: async () => (await import('./commands/run.ts')).addRunCommand,
  check: async () => (await import('./commands/check.ts')).addCheckCommand,
  explain: async () => (await import('./commands/explain.ts')).addExplainCommand,
  broker: async () => (await import('./commands/broker.ts')).addBrokerCommand,
  topics: async () => (await import('./commands/topics.ts')).addTopicsCommand,
  produce: async () => (await import('./commands/produce.ts')).addProduceCommand,
  consume: async () => (await import('./commands/consume.ts')).addConsumeCommand,
  dlq: async () => (await import('./commands/dlq.ts')).addDlqCommand,
  state: async () => (await import('./commands/state.ts')).addStateCommand,
  reset: async () => (await import('./commands/reset.ts')).addResetCommand,
}

/**
 * The command line as data: every command, argument and option. Nothing runs before it is told to parse.
 *
 * @param only - the one command that is asked for; where there is none of this name, all are there
 */
export async function buildProgram(output: Output, only?: string): Promise<Command> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('weft')
    .description('Stream processing for Apache Kafka: SQL joins and topologies from YAML')
    .version(version)
    .exitOverride()
  const one = only !== undefined && Object.hasOwn(commands, only) ? commands[only] : undefined
  for (const load of one === undefined ? Object.values(commands) : [one]) (await load())(program, output)
  pointToHelp(program, program.name())
  return program
}

/** After what is wrong: the help of the command that it is wrong for. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(see: ${name} --help)`)
  for (const inner of command.commands) pointToHelp(inner, `${name} ${inner.name()}`)
}
