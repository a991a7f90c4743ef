import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { callsOfKafka, callsOfNpm, runSmoke } from '../bench-programs.ts'

const timeoutMs = 60_000
/** For the end of what is killed. */
const graceMs = 5000

test('each benchmark that is a program of its own has a smoke', () => {
  const programs = globSync('bench/{peers,state}/*.ts').filter((file) =>
    readFileSync(file, 'utf8').startsWith('/**\n * Question: '),
  )
  const called = [...callsOfNpm, ...callsOfKafka].map((call) => call.split(' ')[0])
  expect(new Set(called)).toEqual(new Set(programs))
})

test.each(callsOfNpm)('%s runs at its smoke size', { timeout: timeoutMs + graceMs }, (call) =>
  runSmoke(call, timeoutMs),
)
