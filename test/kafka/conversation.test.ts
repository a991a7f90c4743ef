/**
 * One conversation of fifty steps, held by clients that others made and by ours, with Apache Kafka of two releases and the embedded
 * broker: topics, settings, records of every compression, groups of every kind, transactions, errors. All must see the same; what
 * differs stands in {@link differences} with its reason.
 *
 * The steps are those of `java/…/Conversation.java`; the other scripts in `clients/` say the same.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { kafkaErrorName } from '../../src/protocol/error-codes.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'
import { runJava } from './java-tools.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'

const scripts = join(import.meta.dirname, 'clients')
const pinned = join(scripts, 'transcript.txt')
const run = promisify(execFile)
const lacksPython = whatPythonLacks()
if (lacksPython !== undefined) console.log(`librdkafka is left out: ${lacksPython}.`)

type Script = (bootstrap: string, prefix: string) => Promise<string>

const node =
  (file: string): Script =>
  async (...args) =>
    (await run(process.execPath, [join(scripts, file), ...args])).stdout

const clients: Readonly<Record<string, Script>> = {
  Java: (...args) =>
    runJava('weft.Conversation', args, undefined, ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error']),
  ...(lacksPython === undefined && {
    librdkafka: async (...args) =>
      (await run(pythonWithPackages(), [join(scripts, 'librdkafka.py'), ...args])).stdout,
  }),
  platformatic: node('platformatic.ts'),
  Weft: node('weft.ts'),
}

/** Where a client sees something else than the transcript, and why; `error:…` and texts as the transcript has them. */
const differences: Readonly<
  Record<string, Readonly<Record<string, readonly [seen: string, reason: string]>>>
> = {}

const brokers: Record<string, string> = {}
const started: AsyncDisposable[] = []

beforeAll(async () => {
  const apache = async (release: '3.9' | '4.3'): Promise<ApacheKafka> => {
    const kafka = await startApacheKafka({ release })
    started.push(kafka)
    return kafka
  }
  brokers['Apache Kafka 4.3'] = (await apache('4.3')).bootstrap
  brokers['Apache Kafka 3.9'] = (await apache('3.9')).bootstrap
  const embedded = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  started.push({ [Symbol.asyncDispose]: () => embedded.close() })
  brokers['the embedded broker'] = `127.0.0.1:${(await embedded.listen(0)).port}`
}, 120_000)

afterAll(async () => {
  for (const broker of started) await broker[Symbol.asyncDispose]()
}, 60_000)

/** What was seen in each step, errors by name. */
function stepsOf(transcript: string): ReadonlyMap<string, string> {
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

describe.each(Object.entries(clients))('the client %s', (name, script) => {
  test.each(['Apache Kafka 4.3', 'Apache Kafka 3.9', 'the embedded broker'])(
    'sees with %s what all see',
    async (broker) => {
      const seen = stepsOf(await script(brokers[broker] ?? '', name.toLowerCase()))
      const expected = new Map(stepsOf(readFileSync(pinned, 'utf8')))
      for (const [step, [different]] of Object.entries(differences[name] ?? {})) expected.set(step, different)
      expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected))
    },
  )
})
