import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { renderDiagnostic } from './diagnostic.ts'
import { loadDefinition } from './load.ts'
import { loadRunnerFile } from './runner-file.ts'

const definition = `name: example
streams:
  orders: { topic: orders, keyType: string, valueType: json }
  late: { topic: late, keyType: string, valueType: json, offsetResetPolicy: by_duration:1h }
tables:
  customers: { topic: customers, keyType: string, valueType: json, store: { type: keyValue } }
globalTables:
  cities: { topic: cities, keyType: string, valueType: json }
stores:
  counts: { type: keyValue, logging: true }
functions:
  both: { type: valueJoiner, expression: value2, resultType: json }
  pairs: { type: keyValueToKeyValueListTransformer, expression: "[(key, value)]", resultType: "[(string, json)]" }
pipelines:
  main:
    from: orders
    via:
      - type: merge
        stream: late
      - type: flatMap
        mapper: pairs
      - type: join
        table: customers
        valueJoiner: both
      - type: leftJoin
        globalTable: cities
        mapper: { expression: "value['city']", resultType: string }
        valueJoiner: both
    branch:
      - if: { expression: "value['x'] > 1" }
        to: orders
      - as: rest
  counting:
    from: rest
    via:
      - type: groupByKey
      - type: count
        store: counts
      - type: toStream
    to: { topic: out, valueType: long }
`
const runner = `ksml:
  configDirectory: a
  errorHandling: { consume: { handler: continueOnFail } }
  definitions: { a: a.yaml, b: { streams: {} } }
kafka: { application.id: x }
`
const words = definition.match(/\w+/g) ?? []

type Edit = readonly [from: number, length: number, text: string]
const edit = fc.tuple(
  fc.nat(definition.length),
  fc.nat(12),
  fc.oneof(
    fc.constantFrom('', ...words, ...Array.from('{}[]:,-#&*|>\'"!%@` \n\t$'), '${X}', '? ', '<<: '),
    fc.string(),
  ),
)

function apply(text: string, edits: readonly Edit[]): string {
  return edits.reduce((edited, [from, length, inserted]) => {
    const at = from % (edited.length + 1)
    return edited.slice(0, at) + inserted + edited.slice(at + length)
  }, text)
}

const catalog = { values: () => Promise.resolve(undefined) }

describe('a damaged file', () => {
  property.prop({ edits: fc.array(edit, { minLength: 1, maxLength: 4 }) }, { numRuns: 300 })(
    'gives a definition or problems with their place, and throws nothing',
    async ({ edits }) => {
      const text = apply(definition, edits)
      // A query needs the SQL planner, which is tested by itself.
      if (/quer/.test(text)) return
      const { topologies, diagnostics } = await loadDefinition(
        { path: 'f.yaml', text },
        { environment: {}, catalog },
      )
      expect(topologies.length > 0).toBe(!diagnostics.some(({ severity }) => severity === 'error'))
      for (const diagnostic of diagnostics) expect(renderDiagnostic(diagnostic, text)).toContain('f.yaml:')
    },
  )

  property.prop({ edits: fc.array(edit, { minLength: 1, maxLength: 4 }) }, { numRuns: 200 })(
    'gives a configuration or problems, and throws nothing',
    ({ edits }) => {
      const { runner: loaded, diagnostics } = loadRunnerFile(
        { path: 'r.yaml', text: apply(runner, edits) },
        { environment: {} },
      )
      expect(loaded !== undefined).toBe(!diagnostics.some(({ severity }) => severity === 'error'))
    },
  )
})
