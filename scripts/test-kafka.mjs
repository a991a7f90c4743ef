// Runs the tests that need Apache Kafka, which Maven brings; ends with one line: N passed, N failed.
import { buildJava, whatJavaLacks } from '../test/kafka/java-tools.ts'
import { run } from './run.mjs'

const lacks = whatJavaLacks()
if (lacks !== undefined) {
  console.log(`The tests against Apache Kafka are skipped: ${lacks}.`)
  console.log('0 passed, 0 failed')
  process.exit(0)
}
buildJava()
const args = process.argv.slice(2)
process.exit(await run(process.execPath, ['scripts/test.mjs', '--project', 'kafka', ...args]))
