/**
 * Java as an oracle: a Maven project beside this file with Apache Kafka and its clients, built once and run as child
 * processes. Needs Java 17, Maven and, the first time, Maven Central.
 */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, globSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const project = join(import.meta.dirname, 'java')
const classes = join(project, 'target/classes')
const buildMark = join(classes, 'weft')

/** What is missing to run Java here, as a sentence; undefined where nothing is. */
export function whatJavaLacks(): string | undefined {
  if (javaVersion('java') < 17) return 'Java 17 or newer is not on the PATH'
  if (spawnSync('mvn', ['--version']).status !== 0) return 'Maven (mvn) is not on the PATH'
  return undefined
}

/** Of a `java` program; 0 where it is none. */
export function javaVersion(program: string): number {
  const { stderr } = spawnSync(program, ['-version'], { encoding: 'utf8' })
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0)
}

/** Compiles the Java programs and collects their jars, where a source is newer than the last build. */
export function buildJava(): void {
  if (isBuilt()) return
  for (const pom of ['older/pom.xml', 'pom.xml']) compile(project, pom)
}

function compile(folder: string, pom: string): void {
  const mvn = spawnSync('mvn', ['-q', '-B', '-f', pom, 'compile'], { cwd: folder, encoding: 'utf8' })
  if (mvn.status !== 0) throw new Error(`the Java programs do not build:\n${mvn.stdout}${mvn.stderr}`)
}

function isBuilt(): boolean {
  if (!existsSync(buildMark) || !existsSync(join(project, 'lib/older'))) return false
  const builtMs = Math.min(...globSync(`${buildMark}/*.class`).map((file) => statSync(file).mtimeMs))
  const sources = [...globSync(`${project}/{,older/}pom.xml`), ...globSync(`${project}/src/**/*.java`)]
  return sources.every((file) => statSync(file).mtimeMs < builtMs)
}

const registryProject = join(import.meta.dirname, 'java-registry')

/** Apicurio's serialisers and our programs for them, compiled where a source is newer than the last build. */
export function registryClassPath(): string {
  const own = join(registryProject, 'target/classes')
  const built = globSync(`${own}/weft/*.class`).map((file) => statSync(file).mtimeMs)
  const sources = [join(registryProject, 'pom.xml'), ...globSync(`${registryProject}/src/**/*.java`)]
  const fresh = built.length > 0 && sources.every((file) => statSync(file).mtimeMs < Math.min(...built))
  if (!fresh) {
    rmSync(join(registryProject, 'lib'), { recursive: true, force: true })
    compile(registryProject, 'pom.xml')
  }
  return [own, join(registryProject, 'lib/*')].join(':')
}

/** Kafka 4.3, broker and clients, and our programs. */
export function javaClassPath(): string {
  return [classes, join(project, 'lib/*')].join(':')
}

/** Kafka 3.9, broker and clients, and our programs. */
export function olderClassPath(): string {
  return [classes, join(project, 'lib/older/*')].join(':')
}

/** Runs one of our programs to its end; its log goes into the error where it fails. */
export async function runJava(
  program: string,
  args: readonly string[],
  classPath: string = javaClassPath(),
  more: readonly string[] = [],
): Promise<string> {
  buildJava()
  const { stdout } = await promisify(execFile)(
    'java',
    [...more, ...javaArguments(program, args, classPath)],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  return stdout
}

/** What `java` is given to run one of our programs. */
export function javaArguments(program: string, args: readonly string[], classPath: string): string[] {
  return ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m', '-cp', classPath, program, ...args]
}
