import type { Command } from 'commander'
import type { IsolationLevel } from '../../kafka/contracts.ts'
import { consumeTopic, type ConsumedRecord } from '../../workload/consume-topic.ts'
import { openCluster } from '../cluster.ts'
import { warnings } from '../logger.ts'
import { oneOf, wholeNumber, withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { stopSignal } from '../signals.ts'

interface ConsumeCommandOptions extends ClusterOptions {
  readonly fromBeginning?: true
  readonly count?: number
  readonly isolation: IsolationLevel
  readonly format: 'text' | 'json'
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
    .action((topic: string, options: ConsumeCommandOptions) => consume(topic, options, output))
}

async function consume(topic: string, options: ConsumeCommandOptions, output: Output): Promise<void> {
  if (options.count === 0) return
  const { signal, release } = stopSignal()
  await using cluster = openCluster(options, warnings(output))
  let printed = 0
  await consumeTopic(cluster.kafka, topic, {
    from: options.fromBeginning === true ? 'earliest' : 'latest',
    isolation: options.isolation,
    signal,
    onRecord: (record) => {
      output.line(
        options.format === 'text' ? `${record.key ?? 'null'}\t${record.value ?? 'null'}` : recordJson(record),
      )
      printed++
      return printed !== options.count
    },
  })
  release()
}

function recordJson({ headers, ...record }: ConsumedRecord): string {
  const texts = headers?.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()])
  return JSON.stringify({ ...record, headers: texts ?? [] })
}
