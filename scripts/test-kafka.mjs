// Runs the tests that need Apache Kafka, which Maven brings; ends with one line: N passed, N failed, and
// N skipped where something is missing.
import { buildJava, whatJavaLacks } from '../test/kafka/java-tools.ts'
import { endWithout } from './left-out.mjs'
import { run } from './run.mjs'

const lacks = whatJavaLacks()
const args = process.argv.slice(2)
if (lacks !== undefined) endWithout(lacks, 'test/kafka', args)
buildJava()
process.exit(await run(process.execPath, ['scripts/test.mjs', '--project', 'kafka', ...args]))
