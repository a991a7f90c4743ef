/** The Java applications and the data generator of `kafka-streams/`. */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const home = join(import.meta.dirname, 'kafka-streams')
const jar = join(home, 'target', 'bench.jar')
const classPath = `${jar}:${join(home, 'lib', '*')}`

/** Needs Java 17 and Maven, where a source is newer than what was built. */
export function buildStreams(): void {
  if (isBuilt()) return
  execFileSync('mvn', ['-q', '-B', 'package'], { cwd: home, stdio: 'inherit' })
}

function isBuilt(): boolean {
  if (!existsSync(jar)) return false
  const sources = [join(home, 'pom.xml'), ...globSync(join(home, 'src/**/*.java'))]
  return sources.every((file) => statSync(file).mtimeMs < statSync(jar).mtimeMs)
}

/** What is there already stays. */
export function generate(bootstrap: string, topics: readonly string[]): void {
  execFileSync('java', ['-cp', classPath, 'bench.Gen', bootstrap, ...topics], {
    stdio: ['ignore', 'inherit', 'ignore'],
  })
}

/** Starts a Kafka Streams application; its standard output has a JSON object a line. @param options - `name=value` */
export function startStreams(options: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  const java = [
    '-Xms1g',
    '-Xmx1g',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    classPath,
    'bench.Bench',
    ...options,
  ]
  return spawn('java', java, { stdio: ['ignore', 'pipe', 'inherit'] })
}
