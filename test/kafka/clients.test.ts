/**
 * Clients of others, unmodified, do the same with the embedded broker as with Apache Kafka and must see the same: partitions,
 * offsets (those of transaction markers included), keys, values, headers, committed offsets and who is fenced.
 *
 * The steps stand in `java/…/ClientScript.java` and once for each other client in `clients/`.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'
import { javaClassPath, runJava } from './java-tools.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'

const scripts = join(import.meta.dirname, 'clients')
const run = promisify(execFile)
const lacksPython = whatPythonLacks()
if (lacksPython !== undefined) console.log(`librdkafka is left out: ${lacksPython}.`)

interface Client {
  readonly name: string
  /** What it calls it that a second producer took over its transactional id. */
  readonly fenced: string
  readonly script: (bootstrap: string, prefix: string) => Promise<string>
}

const clients: readonly Client[] = [
  {
    name: 'the Java client',
    fenced: 'InvalidProducerEpochException',
    script: (...args) => runJava('weft.ClientScript', args, javaClassPath()),
  },
  {
    name: 'librdkafka',
    fenced: '_FENCED',
    script: async (...args) => {
      const { stdout } = await run(pythonWithPackages(), [join(scripts, 'librdkafka.py'), ...args])
      return stdout
    },
  },
  {
    name: 'the Node client',
    fenced: 'PRODUCER_FENCED',
    script: async (...args) => {
      const { stdout } = await run(process.execPath, [join(scripts, 'platformatic.ts'), ...args])
      return stdout
    },
  },
]

/** Markers take offset 1 of partition 0 and offset 3 of partition 1 for the first transaction, and so on. */
const expected = {
  read: '0/0,k3=v3,v3 0/1,k4=v4,v4 0/2,k5=v5,v5 1/0,k0=v0,v0 1/1,k1=v1,v1 1/2,k2=v2,v2',
  resumed: '0/3,k3=w3,w3 1/3,k0=w0,w0 1/4,k1=w1,w1 1/5,k2=w2,w2',
  committed:
    '0/0,k3=kept3,kept3 1/0,k0=kept0,kept0 1/1,k1=kept1,kept1 1/2,k2=kept2,kept2 1/8,k0=late0,late0 1/9,k1=late1,late1',
  everything:
    '0/0,k3=kept3,kept3 0/2,k3=dropped3,dropped3 1/0,k0=kept0,kept0 1/1,k1=kept1,kept1 1/2,k2=kept2,kept2 ' +
    '1/4,k0=dropped0,dropped0 1/5,k1=dropped1,dropped1 1/6,k2=dropped2,dropped2 1/8,k0=late0,late0 1/9,k1=late1,late1',
  moved: '0/4 1/6',
  aborted: '0/4 1/6',
  together:
    '0/0,k3=kept3,kept3 0/4,k3=V3,V3 0/5,k4=V4,V4 0/6,k5=V5,V5 0/7,k3=W3,W3 1/0,k0=kept0,kept0 1/1,k1=kept1,kept1 ' +
    '1/11,k0=V0,V0 1/12,k1=V1,V1 1/13,k2=V2,V2 1/14,k0=W0,W0 1/15,k1=W1,W1 1/16,k2=W2,W2 1/2,k2=kept2,kept2 ' +
    '1/8,k0=late0,late0 1/9,k1=late1,late1',
}

let apache: ApacheKafka
let embedded: Broker
let embeddedBootstrap: string

beforeAll(async () => {
  apache = await startApacheKafka()
  embedded = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  embeddedBootstrap = `127.0.0.1:${(await embedded.listen(0)).port}`
}, 120_000)

afterAll(async () => {
  await embedded.close()
  await apache.stop()
}, 60_000)

/** What a client saw in each step. */
function stepsOf(transcript: string): Readonly<Record<string, string>> {
  const lines = transcript.trim().split('\n')
  return Object.fromEntries(lines.map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]))
}

describe.each(clients.filter(({ name }) => name !== 'librdkafka' || lacksPython === undefined))(
  '$name',
  ({ name, fenced, script }) => {
    const prefix = name.replaceAll(/\W/g, '')

    test('sees on Apache Kafka what it should', async () => {
      expect(stepsOf(await script(apache.bootstrap, prefix))).toEqual({ ...expected, fenced })
    })

    test('sees the same on the embedded broker', async () => {
      expect(stepsOf(await script(embeddedBootstrap, prefix))).toEqual({ ...expected, fenced })
    })
  },
)
