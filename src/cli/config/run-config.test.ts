import { describe, expect, test } from 'vitest'
import { loadRunnerFile } from '../../language/runner-file.ts'
import { runConfigOf, type RunConfig } from './run-config.ts'
import { settingsOf, type RunFlags } from './run-settings.ts'

function config(text: string): RunConfig {
  const { runner, diagnostics } = loadRunnerFile({ path: 'conf/runner.yaml', text }, { environment: {} })
  if (runner === undefined) throw new Error(JSON.stringify(diagnostics))
  return runConfigOf(runner, 'conf/runner.yaml')
}

const defaults: RunFlags = { threads: 1, guarantee: 'exactly_once_v2', stateDir: '.weft/state' }

function settings(from: RunConfig, options: RunFlags = defaults) {
  const given = (name: keyof RunFlags): boolean => options[name] !== defaults[name]
  return settingsOf(from, { options, given }, 'x:9092')
}

const ksml = `ksml:
  storageDirectory: /var/state
  errorHandling: { consume: { handler: continueOnFail, logPayload: true }, produce: { handler: retryOnFail } }
  pythonContext: { modulePath: python, allowHostFileAccess: true }
  definitions:
    orders: orders.yaml
    inline: { pipelines: {} }
kafka:
  application.id: shop
  bootstrap.servers: a:9092
  num.stream.threads: 3
  metric.reporters: none
`

describe('a KSML runner file', () => {
  test('names definitions, application, cluster, state and policies', () => {
    expect(config(ksml)).toMatchObject({
      definitions: [
        { path: 'conf/orders.yaml', namespace: 'orders' },
        { path: 'conf/runner.yaml', namespace: 'inline', text: expect.stringContaining('pipelines') },
      ],
      applicationId: 'shop',
      bootstrap: 'a:9092',
      stateDir: '/var/state',
      settings: {
        threads: 3,
        policies: { decode: 'skip', function: 'fail', encode: 'fail', produce: 'fail' },
        python: { modulePath: 'python', inheritEnvironmentVariables: false },
      },
    })
  })

  test("keeps Kafka's default guarantee where it says nothing", () => {
    expect(settings(config(ksml)).guarantee).toBe('at_least_once')
    expect(settings(config(`${ksml}  processing.guarantee: exactly_once_v2\n`)).guarantee).toBe(
      'exactly_once_v2',
    )
  })

  test('says in a line each what has no effect', () => {
    expect(config(ksml).warnings).toEqual([
      'Kafka property "metric.reporters" has no effect',
      '"allowHostFileAccess" has no effect: Python code reaches nothing outside of its interpreter',
      '"logPayload" has no effect: contents of records are never logged',
    ])
  })

  test('names the options of notations that have no effect, but not those of the Kafka section', () => {
    const notations = `  schemaRegistries: { main: { config: { schema.registry.url: "http://a", rule.executors: x } } }
  notations:
    avro: { type: confluent_avro, schemaRegistry: main, config: { use.latest.version: true, specific.avro.reader: true } }
    lines: { type: csv, config: { separator: ";", quoting: all } }
    texts: { type: json, config: { pretty: true } }
    broken: { type: apicurio_avro, config: { apicurio.registry.url: "http://b", apicurio.registry.as-confluent: true } }
`
    const text = ksml.replace('  definitions:', `${notations}  definitions:`)
    const found = config(`${text}  apicurio.registry.url: http://c\n  schema.registry.url: http://d\n`)
    expect(found.warnings.filter((line) => line.includes('notation') || line.includes('registry'))).toEqual([
      'property "rule.executors" of notation "avro" has no effect',
      'property "specific.avro.reader" of notation "avro" has no effect',
      'property "quoting" of notation "lines" has no effect',
      'property "pretty" of notation "texts" has no effect',
    ])
  })

  test('gives way to the command line', () => {
    const flags = {
      ...defaults,
      threads: 2,
      guarantee: 'at_least_once',
      stateDir: 'here',
      linger: 9,
    } as const
    const file = config(`${ksml}  processing.guarantee: exactly_once_v2\n  linger.ms: 3\n  batch.size: 99\n`)
    expect(settings(file, flags)).toMatchObject({
      threads: 2,
      guarantee: 'at_least_once',
      identity: { kind: 'folder', stateDir: 'here' },
      producer: { lingerMs: 9, batchBytes: 99 },
    })
  })
})

describe('the configuration of SQL pipelines', () => {
  const sql = config(`kafka:
  brokers: [a:9092, b:9092]
  consumer: { group: shop, autoOffsetReset: latest, maxPollRecords: 10 }
state: { rocksdb: { path: data } }
`)

  test('is exactly once, and puts its group before the names of pipelines', () => {
    expect(settings(sql).guarantee).toBe('exactly_once_v2')
    expect(sql).toMatchObject({
      bootstrap: 'a:9092,b:9092',
      applicationPrefix: 'shop',
      stateDir: 'conf/data',
      settings: { offsetReset: 'latest' },
      warnings: ['Kafka property "max.poll.records" has no effect'],
    })
  })
})
