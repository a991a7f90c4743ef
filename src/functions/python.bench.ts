import { bench } from '../../bench/harness.ts'
import { seededRandom } from '../base/random.ts'
import { silentLogger } from '../base/logger.ts'
import { MetricRegistry } from '../base/metrics.ts'
import type { BoundFunction } from './bound-function.ts'
import { openFunctions } from './open-functions.ts'
import { PythonJson } from './python/python-json.ts'
import { functionRef, inlineBody, snapshotFolder } from './testing/fixtures.ts'

// Question: what does a call of a Python function cost, from a value's JSON text to the result's?
// Budget: predicate over one value of 175 bytes 5 µs, joiner of two such dicts 17 µs, one record at a time.
// Of that, parsing a text takes Python 3 to 4 µs and writing one as much; the border itself 0.5 µs.
const refs = [
  functionRef('noop', 'predicate', inlineBody('python', { expression: 'True' })),
  functionRef('isLate', 'predicate', inlineBody('python', { expression: 'value["delay"] > 10' })),
  functionRef('merge', 'valueJoiner', inlineBody('python', { expression: '{**value1, **value2}' })),
]
const text = JSON.stringify({
  id: 1234,
  name: 'Amsterdam',
  latitude: 52.3105,
  longitude: 4.7683,
  delay: 12,
  origin: 'AMS',
  destination: 'LHR',
  carrier: 'KL',
  tags: ['a', 'b'],
  onTime: true,
  note: 'on a clear day',
})
const scope = { namespace: 'bench', functions: refs }
const metrics = new MetricRegistry()
const host = await openFunctions(scope, {
  logger: silentLogger,
  metrics,
  random: seededRandom(1),
  python: { snapshotFolder },
})
const environment = {
  store: () => {
    throw new Error('no stores here')
  },
  logger: silentLogger,
  metrics,
}
const [noop, isLate, merge] = refs.map((ref) => host.bind(ref, environment)) as [
  BoundFunction,
  BoundFunction,
  BoundFunction,
]

bench('Python functions', (b) => {
  const calls = b.parameter('CALLS', 50, 50_000)
  const value = new PythonJson(text)
  const count = (bound: BoundFunction, args: readonly unknown[]): number => {
    let sum = 0
    for (let call = 0; call < calls; call++) sum += bound.call(args) === true ? 1 : 0
    return sum
  }
  b.measure('predicate of two strings', { count: calls, of: 'calls' }, () => count(noop, ['key', 'value']))
  b.measure('predicate of a dict', { count: calls, of: 'calls' }, () => count(isLate, ['key', value]))
  b.measure('joiner of two dicts', { count: calls, of: 'calls' }, () => {
    let characters = 0
    for (let call = 0; call < calls; call++) {
      characters += (merge.call(['key', value, value]) as PythonJson).jsonText().length
    }
    return characters
  })
})
