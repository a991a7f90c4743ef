/** The command line as users run it: a child process of its own, which a test can stop or kill like any other. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export const repository = join(import.meta.dirname, '..')

export interface WeftEnd {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface WeftProcess {
  readonly pid: number
  readonly ended: Promise<WeftEnd>
  /** What it has written so far to its standard output: results. */
  stdout(): string
  /** What it has written so far to its standard error: logs and messages. */
  stderr(): string
  /** In order, as Ctrl-C would. */
  stop(): Promise<WeftEnd>
  /** As kill -9: nothing is flushed, committed or told to anyone. */
  kill(): Promise<WeftEnd>
}

export interface WeftOptions {
  /** Where it runs; the repository where nothing is said. */
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  /** The number of the user that it runs as: only root can say so. */
  readonly user?: number
  /** How long its files may become, in blocks of 512 bytes. */
  readonly fileBlocksMax?: number
}

export function startWeft(args: readonly string[], options: WeftOptions = {}): WeftProcess {
  const [program, ...before] = programOf(options)
  const child = spawn(program, [...before, join(repository, 'bin/weft.mjs'), ...args], {
    ...(options.user === undefined ? {} : { uid: options.user }),
    cwd: options.folder ?? repository,
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(options.input ?? '')
  const text = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk))
  }
  const killNow = (): void => void child.kill('SIGKILL')
  process.once('exit', killNow)
  const ended = new Promise<WeftEnd>((resolve) => {
    child.once('close', (code) => {
      process.off('exit', killNow)
      resolve({ code, ...text })
    })
  })
  const end = (signal: NodeJS.Signals): Promise<WeftEnd> => {
    child.kill(signal)
    return ended
  }
  return {
    pid: child.pid ?? 0,
    ended,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

function programOf({ fileBlocksMax }: WeftOptions): readonly [string, ...string[]] {
  if (fileBlocksMax === undefined) return [process.execPath]
  return ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', process.execPath]
}

/** Runs a command to its end; one that takes longer than it may is killed, and its code is null. */
export async function runWeft(
  args: readonly string[],
  options: WeftOptions & { readonly timeoutMs?: number } = {},
): Promise<WeftEnd> {
  const weft = startWeft(args, options)
  const late = setTimeout(() => void weft.kill(), options.timeoutMs ?? 60_000)
  const end = await weft.ended
  clearTimeout(late)
  return end
}

/** Runs a command that must succeed. */
export async function weft(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runWeft(args)
  if (code !== 0) throw new Error(`weft ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}
