/**
 * Apicurio's schema registry for a test: the server that Maven Central has, with both of its interfaces, on a free port of the loopback and
 * with a database in memory. Needs Java 21 or newer beside Maven; where `APICURIO_URL` says that one runs, such as `http://127.0.0.1:8080`,
 * that one is taken.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { repository } from '../weft-process.ts'
import { freePorts } from './free-port.ts'
import { javaVersion } from './java-tools.ts'

const version = '3.3.3'
const folder = join(repository, `.cache/apicurio-${version}`)
const runningUrl = process.env['APICURIO_URL']
const startTimeoutMs = 240_000
const pollMs = 250
const javaMin = 21

export interface ApicurioServer extends AsyncDisposable {
  /** Without a path: `/apis/ccompat/v7` is Confluent's interface, `/apis/registry/v3` its own. */
  readonly url: string
}

/** What is missing to run the server here, as a sentence; undefined where nothing is. */
export function whatApicurioLacks(): string | undefined {
  if (runningUrl !== undefined || findJava() !== undefined) return undefined
  return `Java ${javaMin} or newer is neither on the PATH nor in /usr/lib/jvm`
}

function findJava(): string | undefined {
  const home = process.env['JAVA_HOME']
  const places = [
    ...(home === undefined ? [] : [join(home, 'bin/java')]),
    'java',
    ...globSync('/usr/lib/jvm/*/bin/java'),
  ]
  return places.find((java) => javaVersion(java) >= javaMin)
}

/** Brings the server from Maven Central, once. */
function install(): void {
  if (existsSync(join(folder, 'quarkus-run.jar'))) return
  mkdirSync(folder, { recursive: true })
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`
  const copy = ['org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy', `-Dartifact=${artifact}`]
  mustRun('mvn', ['-q', '-B', ...copy, `-DoutputDirectory=${folder}`])
  const archive = `apicurio-registry-app-${version}-all.tar.gz`
  mustRun('tar', ['xzf', archive])
  rmSync(join(folder, archive))
}

function mustRun(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`)
}

/** Starts a server and waits until it answers. */
export async function startApicurio(): Promise<ApicurioServer> {
  if (runningUrl !== undefined) return { url: runningUrl, [Symbol.asyncDispose]: () => Promise.resolve() }
  install()
  const [port] = await freePorts(1)
  const logs = mkdtempSync(join(tmpdir(), 'weft-apicurio-'))
  const log = join(logs, 'server.log')
  const out = openSync(log, 'a')
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const settings = ['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`]
  const child = spawn(findJava() ?? 'java', [...options, ...settings, '-jar', 'quarkus-run.jar'], {
    cwd: folder,
    stdio: ['ignore', out, out],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const killNow = (): void => void child.kill('SIGKILL')
  process.once('exit', killNow)
  const url = `http://127.0.0.1:${port}`
  const deadline = performance.now() + startTimeoutMs
  while (!(await answers(`${url}/apis/registry/v3/system/info`))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      killNow()
      throw new Error(`Apicurio's server did not come up:\n${readFileSync(log, 'utf8').slice(-4_000)}`)
    }
    await sleep(pollMs)
  }
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', killNow)
      killNow()
      await exited
      rmSync(logs, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
