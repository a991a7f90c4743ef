import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { javaClassPath } from '../java-tools.ts'
import { outputTopics, sortParts, type Outcome, type Plan } from './plan.ts'

/** Two repartitions behind one way from a new key: the first one has moved where the second looks for it. */
const mergesTwice = 'Found a null keyChangingChild node'

/** Kafka Streams' TopologyTestDriver in a Java process that lives as long as this object: a plan a line, an outcome a line. */
export class KafkaStreamsOracle {
  readonly #java: ChildProcessWithoutNullStreams
  readonly #lines: Interface
  readonly #answers: AsyncIterator<string>
  #errors = ''

  constructor() {
    const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m']
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
    this.#java = spawn('java', [...options, quiet, '-cp', javaClassPath(), 'weft.TopologyOracle'])
    this.#java.stderr.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-2000)
    })
    this.#lines = createInterface({ input: this.#java.stdout })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  /** Undefined where Kafka Streams cannot build the topology for a reason of its own. */
  async run(plan: Plan): Promise<Outcome | undefined> {
    const line = JSON.stringify({ ...plan, outputs: outputTopics(plan) })
    this.#java.stdin.write(`${line}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`Kafka Streams has ended: ${this.#errors}`)
    const answer = JSON.parse(value) as Outcome & { readonly error?: string; readonly at?: string }
    if (answer.error?.includes(mergesTwice) === true) return undefined
    if (answer.error !== undefined)
      throw new Error(`Kafka Streams failed: ${answer.error} at ${answer.at ?? ''}`)
    return { ...answer, parts: sortParts(answer.parts) }
  }

  async close(): Promise<void> {
    this.#java.stdin.end()
    await new Promise((resolve) => this.#java.once('close', resolve))
    this.#lines.close()
  }
}
