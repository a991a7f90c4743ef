import { bench } from '../../bench/harness.ts'
import { seededRandom } from '../base/random.ts'
import { silentLogger } from '../base/logger.ts'
import { MetricRegistry } from '../base/metrics.ts'
import type { FunctionRef } from '../topology/functions.ts'
import type { BoundFunction } from './bound-function.ts'
import { newCallBoard } from './call-board.ts'
import { openFunctions } from './open-functions.ts'
import { functionRef, inlineBody } from './testing/fixtures.ts'

// Question: what does binding add to a JavaScript function, with the copy of its arguments and the check of its result?
// Budget: 0.5 µs for a predicate over a value of eleven fields, nearly all of it the copy; a tenth of that for text.
// To show each call to a watcher: 6 ns.
const refs = [
  functionRef('noop', 'predicate', inlineBody('javascript', { expression: 'true' })),
  functionRef('isLate', 'predicate', inlineBody('javascript', { expression: 'value.delay > 10' })),
  functionRef('merge', 'valueJoiner', inlineBody('javascript', { expression: '({ ...value1, ...value2 })' })),
]
const value = {
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
}
const metrics = new MetricRegistry()
const scope = { namespace: 'bench', functions: refs }
const options = { logger: silentLogger, metrics, random: seededRandom(1) }
const host = await openFunctions(scope, options)
const watchedHost = await openFunctions(scope, { ...options, board: newCallBoard() })
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

const watched = watchedHost.bind(refs[0] as FunctionRef, environment)

bench('JavaScript functions', (b) => {
  const calls = b.parameter('CALLS', 100, 1_000_000)
  const count = (bound: BoundFunction, args: readonly unknown[]): number => {
    let sum = 0
    for (let call = 0; call < calls; call++) sum += bound.call(args) === true ? 1 : 0
    return sum
  }
  b.measure('predicate of two strings', { count: calls, of: 'calls' }, () => count(noop, ['key', 'value']))
  b.measure('the same, shown to a watcher', { count: calls, of: 'calls' }, () =>
    count(watched, ['key', 'value']),
  )
  b.measure('predicate of an object', { count: calls, of: 'calls' }, () => count(isLate, ['key', value]))
  b.measure('joiner of two objects', { count: calls, of: 'calls' }, () => {
    let delays = 0
    for (let call = 0; call < calls; call++) {
      delays += (merge.call(['key', value, value]) as typeof value).delay
    }
    return delays
  })
})
