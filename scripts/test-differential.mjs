// Runs the same topologies and records through Kafka Streams and through Weft, at full size: 5,000 seeds a family of operators.
// SEEDS, FIRST_SEED and FAMILY narrow it down. Needs Java 17 and Maven; says so where they are missing.
import { buildJava, whatJavaLacks } from '../test/kafka/java-tools.ts'
import { run } from './run.mjs'

const lacks = whatJavaLacks()
if (lacks !== undefined) {
  console.log(`The comparison with Kafka Streams is skipped: ${lacks}.`)
  console.log('0 passed, 0 failed')
  process.exit(0)
}
buildJava()
process.env.SEEDS ??= '5000'
process.exit(
  await run(process.execPath, ['scripts/test.mjs', '--project', 'kafka', 'test/kafka/differential']),
)
