import { CommanderError } from 'commander'
import { toStreamError } from '../base/errors.ts'
import { collectSeldom } from './collector.ts'
import { processOutput } from './output.ts'
import { buildProgram } from './program.ts'
import { exitCode, exitCodeOf, renderError } from './render/error.ts'

/** Runs the command line; sets the exit code of the process. */
async function main(args: readonly string[]): Promise<void> {
  const output = processOutput()
  try {
    const program = await buildProgram(output, args[0])
    await program.parseAsync(args, { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? exitCode.done : exitCode.wrong
      return
    }
    output.note(renderError(thrown))
    process.exitCode = exitCodeOf(toStreamError(thrown))
  }
}

collectSeldom()

// A reader that goes away, as `head` does, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCode.done : exitCode.failed),
)
await main(process.argv.slice(2))
