import type { Command } from 'commander'
import type { IsolationLevel } from '../../kafka/contracts.ts'
import { readTopic, type RawRecord } from '../../workload/consume-topic.ts'
import { openCluster } from '../cluster.ts'
import { CommandFormats, formatOfType } from '../command-formats.ts'
import { configOf } from '../config/run-settings.ts'
import { warnings } from '../logger.ts'
import { oneOf, wholeNumber, withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { RecordTexts } from '../record-texts.ts'
import { exitCode } from '../render/error.ts'
import { stopSignal } from '../signals.ts'

interface ConsumeCommandOptions extends ClusterOptions {
  readonly fromBeginning?: true
  readonly count?: number
  readonly isolation: IsolationLevel
  readonly format: 'text' | 'json'
  readonly config?: string
  readonly keyType?: string
  readonly valueType?: string
}

export function addConsumeCommand(program: Command, output: Output): void {
  withBootstrap(program.command('consume').description('print the records of a topic').argument('<topic>'))
    .option('--from-beginning', 'print what is there already, too')
    .option('--count <n>', 'stop after so many records', wholeNumber)
    .option(
      '--isolation <level>',
      'read_committed or read_uncommitted',
      oneOf<IsolationLevel>('read_committed', 'read_uncommitted'),
      'read_committed',
    )
    .option(
      '--format <format>',
      'text: key, tab, value; json: everything about the record',
      oneOf('text', 'json'),
      'text',
    )
    .option('--config <file>', 'a KSML runner file, or the configuration of SQL pipelines: its notations')
    .option('--key-type <type>', 'how keys are written, such as long; absent: as text')
    .option('--value-type <type>', 'how values are written, such as avro or avro:Order; absent: as text')
    .action((topic: string, options: ConsumeCommandOptions) => consume(topic, options, output))
}

async function consume(topic: string, options: ConsumeCommandOptions, output: Output): Promise<void> {
  if (options.count === 0) return
  const config = configOf(options.config, output)
  if (config === undefined) {
    process.exitCode = exitCode.wrong
    return
  }
  const formatOf = (type: string | undefined) =>
    type === undefined ? undefined : formatOfType(type, config.schemas)
  const sides = { key: formatOf(options.keyType), value: formatOf(options.valueType) }
  await using cluster = openCluster(options, warnings(output))
  // Until there is something to stop in order, a signal ends the process at once.
  await cluster.kafka.connect()
  const { signal, release } = stopSignal()
  await using formats = new CommandFormats(config.schemas.notations ?? {}, warnings(output))
  const texts = new RecordTexts(formats, topic, sides, signal)
  let printed = 0
  await readTopic(cluster.kafka, topic, {
    from: options.fromBeginning === true ? 'earliest' : 'latest',
    isolation: options.isolation,
    signal,
    ready: (record) => texts.ready(record),
    onRecord: (record) => {
      const { key, value, problems } = texts.of(record)
      for (const problem of problems)
        output.note(`${topic}-${record.partition}@${record.offset}: ${problem}; its bytes are shown as text`)
      output.line(
        options.format === 'text' ? `${key ?? 'null'}\t${value ?? 'null'}` : recordJson(record, key, value),
      )
      printed++
      return printed !== options.count
    },
  })
  release()
}

function recordJson({ headers, ...record }: RawRecord, key: string | null, value: string | null): string {
  const texts = headers?.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()])
  return JSON.stringify({ ...record, key, value, headers: texts ?? [] })
}
