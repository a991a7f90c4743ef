/**
 * What the tests share that hold one conversation by the clients of many: their scripts, what they saw, and where they differ. All
 * clients talk at once with a broker: they wait more than they work.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openKafka } from '../../src/kafka/client.ts'
import { producerDefaults } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { kafkaErrorName } from '../../src/protocol/error-codes.ts'
import { sayLeftOut } from '../left-out.ts'
import { runJava } from './java-tools.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'

/** @returns what it printed, one line a step */
export type Script = (...args: string[]) => Promise<string>

/** What somebody saw in each step. */
export type Transcript = ReadonlyMap<string, string>

/** Where somebody sees something else than the others, and why. */
export type Differences = Readonly<
  Record<string, Readonly<Record<string, readonly [seen: string, reason: string]>>>
>

const folder = join(import.meta.dirname, 'clients')

/**
 * The clients that hold a conversation; librdkafka is left out aloud where there is no Python for it.
 *
 * @param program - in Java
 * @param prefix - of the files of all others, in `clients/`
 */
export function clientsOf(program: string, prefix = ''): Readonly<Record<string, Script>> {
  const lacksPython = whatPythonLacks()
  sayLeftOut(`the conversations of librdkafka (${program})`, lacksPython)
  return {
    Java: (...args) => runJava(program, args, undefined, ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off']),
    ...(lacksPython === undefined && {
      librdkafka: (...args) => printed(pythonWithPackages(), `${prefix}librdkafka.py`, args),
    }),
    platformatic: (...args) => printed(process.execPath, `${prefix}platformatic.ts`, args),
    KafkaJS: (...args) => printed(process.execPath, `${prefix}kafkajs.ts`, args),
    Weft: (...args) => printed(process.execPath, `${prefix}weft.ts`, args),
  }
}

/** How a client calls what it makes. */
export const prefixOf = (client: string): string => client.toLowerCase()

/** What each client sees with one broker. */
export async function holdConversations(
  clients: Readonly<Record<string, Script>>,
  bootstrap: string,
  ...more: readonly string[]
): Promise<ReadonlyMap<string, Transcript>> {
  const held = Object.entries(clients).map(async ([client, script]): Promise<[string, Transcript]> => {
    return [client, stepsOf(await script(bootstrap, prefixOf(client), ...more))]
  })
  return new Map(await Promise.all(held))
}

/** What is written down in a file of `clients/`, but for what differs. */
export function expectedOf(file: string, differences: Differences[string]): Transcript {
  const expected = new Map(stepsOf(readFileSync(join(folder, file), 'utf8')))
  for (const [step, [different]] of Object.entries(differences)) expected.set(step, different)
  return expected
}

/** A line for each step that one of the two has otherwise or not at all. */
export function differencesOf(seen: Transcript, expected: Transcript): string[] {
  return [...new Set([...expected.keys(), ...seen.keys()])]
    .filter((step) => seen.get(step) !== expected.get(step))
    .map((step) => `${step}: saw ${seen.get(step)}, expected ${expected.get(step)}`)
}

/**
 * Has Apache Kafka make its internal topics and lead them: it does so when a coordinator is first asked for, and clients that do not try
 * again are told that there is none. Which client comes first is chance.
 */
export async function wakeCoordinators(bootstrap: string): Promise<void> {
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'wake', connector: tcpConnector() })
  // Names that differ in a last digit are those of consecutive partitions, of which the brokers of these tests have four.
  for (const name of [0, 1, 2, 3].map((digit) => `awake-${digit}`)) {
    await kafka.admin.groupOffsets(name)
    const producer = kafka.producer({ ...producerDefaults, transactional: { id: name, timeoutMs: 10_000 } })
    await producer.init()
    await producer.close()
  }
  await kafka.close()
}

/** A script that breaks off has seen what it has seen; why it did is its last line. */
function printed(command: string, file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, [join(folder, file), ...args], (error, stdout, stderr) => {
      resolve(error === null ? stdout : `${stdout}broke-off ${error.message} ${stderr}`.replaceAll('\r', ''))
    })
  })
}

/** What was seen in each step, errors by name. */
function stepsOf(transcript: string): Transcript {
  const named = transcript.replaceAll(
    /error:(-?\d+)$/gm,
    (_, code: string) => `error:${kafkaErrorName(Number(code))}`,
  )
  return new Map(
    named
      .trim()
      .split('\n')
      .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]),
  )
}
