/** Benchmarks on Apache Kafka at their smallest: one that nobody ran for a while still runs. */
import { test } from 'vitest'
import { callsOfKafka, runSmoke } from '../bench-programs.ts'

const timeoutMs = 240_000
/** For the end of what is killed. */
const graceMs = 5000

test.each(callsOfKafka)('%s runs at its smoke size', { timeout: timeoutMs + graceMs }, (call) =>
  runSmoke(call, timeoutMs),
)
