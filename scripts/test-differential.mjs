// Runs the same topologies and records through Kafka Streams and through Weft, at full size: 5,000 seeds a family of operators.
// SEEDS, FIRST_SEED and FAMILY narrow it down. Needs Java 17 and Maven; says so where they are missing.
import { buildJava, whatJavaLacks } from '../test/kafka/java-tools.ts'
import { endWithout } from './left-out.mjs'
import { run } from './run.mjs'

const lacks = whatJavaLacks()
if (lacks !== undefined) endWithout(lacks, 'test/kafka/differential', [])
buildJava()
process.env.SEEDS ??= '5000'
process.exit(
  await run(process.execPath, ['scripts/test.mjs', '--project', 'kafka', 'test/kafka/differential']),
)
