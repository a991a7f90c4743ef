import { describe, expect, test } from 'vitest'
import { loadDefinition } from './load.ts'
import { loadRunnerFile, type LoadedRunnerFile } from './runner-file.ts'

function load(text: string, environment: Record<string, string> = {}): LoadedRunnerFile {
  return loadRunnerFile({ path: 'conf/runner.yaml', text }, { environment })
}

function problems({ diagnostics }: LoadedRunnerFile): string[] {
  return diagnostics.map(
    ({ severity, span, message }) => `${span.line}:${span.column} ${severity} ${message}`,
  )
}

const ksml = `ksml:
  definitions:
    orders: orders.yaml
kafka:
  application.id: app
  bootstrap.servers: \${BROKERS:-localhost:9092}
  num.stream.threads: 2
`

describe('a KSML runner file', () => {
  test('gives definitions, properties as text, and defaults for the rest', () => {
    const loaded = load(ksml)
    expect(problems(loaded)).toEqual([])
    expect(loaded.runner).toMatchObject({
      form: 'ksml',
      definitions: [{ namespace: 'orders', source: { kind: 'file', path: 'conf/orders.yaml' } }],
      kafka: { 'application.id': 'app', 'bootstrap.servers': 'localhost:9092', 'num.stream.threads': '2' },
      stateDirectory: undefined,
      errorHandling: {
        consume: { handler: 'stopOnFail', log: true, logPayload: false, loggerName: 'ConsumeError' },
      },
      pythonContext: { allowHostFileAccess: false, modulePath: undefined },
    })
  })

  test('takes what it says about folders, errors and Python', () => {
    const { runner } = load(
      ksml.replace(
        'ksml:\n',
        `ksml:
  configDirectory: defs
  storageDirectory: /var/state
  errorHandling: { process: { handler: continueOnFail, logPayload: true } }
  pythonContext: { allowHostFileAccess: true }
`,
      ),
    )
    expect(runner).toMatchObject({
      definitions: [{ source: { path: 'conf/defs/orders.yaml' } }],
      stateDirectory: '/var/state',
      errorHandling: { process: { handler: 'continueOnFail', logPayload: true } },
      pythonContext: { allowHostFileAccess: true },
    })
  })

  test('takes the whole path of a definition as it is', () => {
    const { runner } = load(ksml.replace('orders.yaml', '/srv/orders.yaml'))
    expect(runner).toMatchObject({ definitions: [{ source: { path: '/srv/orders.yaml' } }] })
  })

  test('runs nothing, and says so, where pipelines are switched off', () => {
    const loaded = load(ksml.replace('ksml:\n', 'ksml:\n  enablePipelines: false\n'))
    expect(problems(loaded)).toEqual(['1:1 warning pipelines are switched off, so that nothing runs'])
    expect(loaded.runner?.definitions).toEqual([])
  })

  test('points into its own text where a definition in it is wrong', async () => {
    const text = `ksml:
  definitions:
    inline:
      streams:
        orders: { topic: orders, keyType: string, valueType: json }
      pipelines:
        main:
          from: ordrs
          to: orders
kafka: { application.id: app }
`
    const source = load(text).runner?.definitions[0]?.source
    if (source?.kind !== 'text') throw new Error('no text')
    const catalog = { values: () => Promise.resolve(undefined) }
    const { diagnostics } = await loadDefinition(source.file, {
      environment: {},
      catalog,
      namespace: 'inline',
    })
    expect(diagnostics.map(({ span }) => [span.line, span.column, span.length])).toEqual([[8, 17, 5]])
  })

  test('reports all that is wrong together', () => {
    const loaded = load(`ksml:
  enablePipeline: true
  errorHandling: { consume: { handler: retryOnFail } }
  notations: { x: { type: yaml } }
  applicationServer: { enabled: true, port: 99999 }
  definitions: { a: a.yaml }
kafka: { bootstrap.servers: x }
`)
    expect(problems(loaded)).toEqual([
      '2:3 error "enablePipeline" is not a field of a ksml section',
      '4:27 error "type" of notation "x" cannot be "yaml"',
      '5:45 error "port" of "applicationServer" of "ksml" of the runner file is not a whole number from 0 to 65535',
    ])
    expect(loaded.runner).toBeUndefined()
  })

  test('refuses what would not do what it says', () => {
    const loaded = load(
      `ksml:
  errorHandling: { consume: { handler: retryOnFail } }
  definitions: { a: a.yaml }
  prometheus: { enabled: true }
kafka: {}
`,
    )
    expect(problems(loaded)).toEqual([
      '1:1 error "application.id" is missing in "kafka"',
      '2:40 error "retryOnFail" cannot be used for "consume"',
      '4:3 warning "prometheus" of "ksml" of the runner file is not served yet',
    ])
  })

  test('writes with the newest schema of an Apicurio registry unless it says otherwise', () => {
    const text = `ksml:
  definitions: { a: a.yaml }
  notations:
    plain: { type: apicurio_avro, config: { apicurio.registry.url: u } }
    own: { type: apicurio_protobuf, config: { apicurio.registry.url: u, apicurio.registry.find-latest: false } }
    bare: { type: avro, config: { apicurio.registry.url: u } }
    other: { type: avro, config: { schema.registry.url: u } }
kafka: { application.id: x, bootstrap.servers: y, apicurio.registry.url: k }
`
    const { notations } = load(text).runner ?? {}
    const latest = ['plain', 'own', 'apicurio_jsonschema', 'bare', 'other'].map(
      (name) => notations?.[name]?.config['apicurio.registry.find-latest'],
    )
    expect(latest).toEqual(['true', 'false', 'true', 'true', undefined])
  })

  test('takes patterns of names, filled from its other properties', () => {
    const { runner } = load(
      `${ksml}  tenant: acme
  axual.instance: test
  axual.topic.pattern: "{tenant}-{instance}-{topic}"
  group.id.pattern: "{group}#{tenant}"
`,
    )
    expect(runner?.names).toEqual({
      topic: { before: 'acme-test-', after: '' },
      group: { before: '', after: '#acme' },
      transaction: { before: '', after: '' },
      properties: new Set(['axual.topic.pattern', 'tenant', 'axual.instance', 'group.id.pattern']),
    })
  })

  test.each([
    ['"{topic"', 'is no pattern of names'],
    ['"{topic}/{tenant}"', 'is no pattern of names'],
    ['"{tenant}{topic}"', 'has two placeholders side by side'],
    ['"{tenant}-x"', 'is no pattern of names'],
    ['"{tenant}"', 'lacks "{topic}"'],
    ['"{tenat}-{topic}"', 'asks for "tenat", which "kafka" does not say'],
    ['"{bootstrap.servers}-{topic}"', 'cannot take the value of "bootstrap.servers"'],
  ])('refuses the pattern %s', (pattern, problem) => {
    const loaded = load(`${ksml}  tenant: acme\n  axual.topic.pattern: ${pattern}\n`)
    expect(problems(loaded)).toEqual([`9:24 error "axual.topic.pattern" ${problem}`])
  })
})

const config = `kafka:
  brokers: [a:9092, b:9092]
  consumer: { group: shop, autoOffsetReset: latest }
  producer: { lingerMs: 5, compression: lz4 }
state:
  ttl: 24h
  rocksdb: { path: data/state }
`

describe('the configuration of SQL pipelines', () => {
  test("gives its properties by Kafka's names", () => {
    const loaded = load(config)
    expect(problems(loaded)).toEqual([])
    expect(loaded.runner).toMatchObject({
      form: 'kaflowsql',
      definitions: [],
      kafka: {
        'bootstrap.servers': 'a:9092,b:9092',
        'auto.offset.reset': 'latest',
        'linger.ms': '5',
        'compression.type': 'lz4',
      },
      stateDirectory: 'conf/data/state',
      sql: { groupPrefix: 'shop', eventTtlMs: 86_400_000 },
    })
  })

  test('gives way to the environment', () => {
    const { runner } = load(config, { KAFKA_BROKERS: 'c:9092', STATE_TTL: '1h', ROCKSDB_PATH: '/data' })
    expect(runner).toMatchObject({
      kafka: { 'bootstrap.servers': 'c:9092' },
      stateDirectory: '/data',
      sql: { eventTtlMs: 3_600_000 },
    })
  })

  test('says how topics are written, and where their schemas are', () => {
    const url = 'http://localhost:8081'
    const { runner } = load(`kafka: { brokers: [a], schemaRegistry: "${url}", useAvro: true }\n`)
    expect(runner?.sql.inputNotation).toBe('avro')
    const config = { 'schema.registry.url': url }
    expect(runner?.notations['avro']).toEqual({ type: 'confluent_avro', config })
    const given = load('kafka: { brokers: [a] }\n', {
      KAFKA_USE_AVRO: 'true',
      KAFKA_SCHEMA_REGISTRY: url,
    }).runner
    expect(given?.notations['confluent_protobuf']).toEqual({ type: 'confluent_protobuf', config })
    expect(given?.sql.inputNotation).toBe('avro')
  })

  test('reports what it cannot do, and what has no effect', () => {
    const loaded = load(
      `kafka: { brokers: [a], useAvro: true }\nlogging: { level: info }\nstate: { ttl: 5 }\n`,
      {
        STATE_TTL: 'soon',
      },
    )
    expect(problems(loaded)).toEqual(['3:15 error "ttl" of "state" of the configuration has no unit: "5"'])
    expect(
      problems(
        load('kafka: { brokers: [a], useAvro: true }\nlogging: { level: info }\n', { STATE_TTL: 'soon' }),
      ),
    ).toEqual([
      '1:1 error "soon" is not a duration',
      '1:33 error Avro topics need a schema registry',
      '2:1 warning "logging" of the configuration has no effect yet',
    ])
  })
})
