import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Producer } from '../../kafka/contracts.ts'
import { jsonFieldText } from '../../serde/json-field.ts'
import { dataFormatOf } from '../../workload/data-format.ts'
import { openDataFile, type DataFormat, type DataRecord } from '../../workload/data-file.ts'
import { loadProducer, produceRecords, type EncodeRow } from '../../workload/produce-records.ts'
import { CommandFormats, formatOfType } from '../command-formats.ts'
import { openCluster, producerFor } from '../cluster.ts'
import { warnings } from '../logger.ts'
import type { RunConfig } from '../config/run-config.ts'
import { configOf } from '../config/run-settings.ts'
import { oneOf, positiveNumber, wholeNumber, withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { formatCount, startProgress } from '../render/progress.ts'
import { openKeyEncoder } from '../key-encoder.ts'
import { openRowEncoder } from '../row-encoder.ts'
import { stopSignal } from '../signals.ts'
import { TopicCatalog } from '../topic-catalog.ts'

interface ProduceCommandOptions extends ClusterOptions {
  readonly file?: string
  readonly format?: DataFormat
  readonly key?: string
  readonly eventTime?: string
  readonly rate?: number
  readonly count?: number
  readonly config?: string
  readonly keyType?: string
  readonly valueType?: string
}

export function addProduceCommand(program: Command, output: Output): void {
  withBootstrap(
    program
      .command('produce')
      .description('send records to a topic, from a data file or from standard input, one JSON object a line')
      .argument('<topic>'),
  )
    .option('--file <path>', 'JSON, JSON lines, CSV or Parquet')
    .option(
      '--format <format>',
      'of the file; its ending tells otherwise',
      oneOf<DataFormat>('json', 'jsonl', 'csv', 'parquet'),
    )
    .option('--key <field>', 'the field that becomes the record key')
    .option('--event-time <field>', 'the field that holds the time of the event')
    .option(
      '--config <file>',
      'a KSML runner file, or the configuration of SQL pipelines: its notations, and its properties of producers',
    )
    .option('--key-type <type>', 'how keys are written, such as long; absent: as text')
    .option('--value-type <type>', 'how values are written, such as avro or avro:Order; absent: as JSON')
    .option('--rate <n>', 'records per second', positiveNumber)
    .option('--count <n>', 'stop after so many records', wholeNumber)
    .action((topic: string, options: ProduceCommandOptions) => produce(topic, options, output))
}

async function produce(topic: string, options: ProduceCommandOptions, output: Output): Promise<void> {
  checkUsage(options)
  const config = configOf(options.config, output)
  if (config === undefined) {
    process.exitCode = exitCode.wrong
    return
  }
  await using file = options.file === undefined ? undefined : await fileSource(options.file, options)
  await using cluster = openCluster(options, warnings(output))
  // Until there is something to stop in order, a signal ends the process at once.
  await cluster.kafka.connect()
  const { signal, release } = stopSignal()
  await using formats = new CommandFormats(config.schemas.notations ?? {}, warnings(output))
  const encoding = { config, formats, signal }
  const encode =
    options.valueType === undefined ? undefined : await encoderFor(topic, options.valueType, encoding)
  const encodeKey = await keyEncoderFor(topic, options, encoding)
  const producer = cluster.kafka.producer({ ...loadProducer, ...producerFor(options, config) })
  await using source = file ?? standardInput(options, producer, signal)
  const progress = startProgress(`produce ${topic}`, output, systemClock)
  const total = options.count ?? source.recordCount
  try {
    const sent = await produceRecords(producer, topic, source.read(), {
      clock: systemClock,
      signal,
      rate: options.rate,
      count: options.count,
      source: options.file === undefined ? 'standard input' : `"${options.file}"`,
      timeField: options.eventTime,
      encode,
      encodeKey,
      onProgress: (done) => progress.report(done, total),
    })
    output.note(`sent ${formatCount(sent)} records to ${topic}`)
  } finally {
    progress.finish()
    await producer.close()
    release()
  }
}

function checkUsage({ file, eventTime, key, keyType }: ProduceCommandOptions): void {
  if (file === undefined && eventTime !== undefined)
    throw new StreamError('USAGE_INVALID', '"--event-time" is of files only', {
      hint: 'Give a file with "--file", or leave "--event-time" out.',
    })
  if (key === undefined && keyType !== undefined)
    throw new StreamError('USAGE_INVALID', '"--key-type" is given without "--key"', {
      hint: 'Name the field that becomes the key with "--key".',
    })
}

interface Encoding {
  readonly config: RunConfig
  readonly formats: CommandFormats
  readonly signal: AbortSignal
}

/** Writes rows by the schema that a type names, which lies beside the configuration or is the registry's. */
async function encoderFor(
  topic: string,
  type: string,
  { config: { schemas }, formats, signal }: Encoding,
): Promise<EncodeRow | undefined> {
  const format = formatOfType(type, schemas)
  if (!formats.hasSchemas(format)) return undefined
  await using catalog = new TopicCatalog({ notations: schemas.notations ?? {} })
  const values = await catalog.values(topic, format)
  if (values !== undefined) return await openRowEncoder(formats, topic, values, signal)
  throw new StreamError('CONFIG_INVALID', `no schema is known for "${type}"`, {
    hint: 'Name a file with a schema, such as "avro:Order" for Order.avsc, or the registry in the configuration.',
  })
}

async function keyEncoderFor(
  topic: string,
  { key, keyType }: ProduceCommandOptions,
  { config: { schemas }, formats, signal }: Encoding,
): Promise<EncodeRow | undefined> {
  if (key === undefined || keyType === undefined) return undefined
  const format = formatOfType(keyType, schemas)
  return await openKeyEncoder(formats, { topic, format, field: key }, signal)
}

interface RecordInput extends AsyncDisposable {
  readonly recordCount: number | undefined
  read(): AsyncIterable<readonly DataRecord[]>
}

function fileSource(path: string, options: ProduceCommandOptions): Promise<RecordInput> {
  return openDataFile({
    path: resolve(path),
    format: options.format ?? dataFormatOf(path),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.eventTime === undefined ? {} : { eventTime: options.eventTime }),
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Ends with the input, or with the signal. Lines are split as bytes: text has line separators of its own, which may stand in a value. */
function standardInput(
  { key, valueType }: ProduceCommandOptions,
  producer: Producer,
  signal: AbortSignal,
): RecordInput {
  const keyOf = key === undefined ? nullKey(valueType) : jsonFieldText(key)
  return {
    recordCount: undefined,
    read: async function* () {
      let lineNumber = 0
      let given = 0
      for await (const bytes of createInterface({ input: process.stdin.setEncoding('latin1'), signal })) {
        lineNumber++
        if (bytes.trim() === '') continue
        let record: DataRecord
        try {
          const line = utf8.decode(Buffer.from(bytes, 'latin1'))
          record = { key: keyOf(line), value: line, timestampMs: undefined }
        } catch (error) {
          await producer.flush()
          throw malformedLine(lineNumber, given, error)
        }
        if (given === 0 && key !== undefined && record.key === null) throw withoutKey(key, lineNumber)
        yield [record]
        given++
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Without a field to look for, lines are rows all the same, unless they are told to be something else. */
function nullKey(valueType: string | undefined): (line: string) => null {
  if (valueType !== undefined && valueType !== 'json') return () => null
  const check = jsonFieldText('')
  return (line) => {
    check(line)
    return null
  }
}

/** Of the first line: a later one may lack it, as a row of a file may. */
function withoutKey(key: string, lineNumber: number): StreamError {
  return new StreamError(
    'USAGE_INVALID',
    `line ${lineNumber} of standard input has no field "${key}" to take as key`,
    {
      hint: 'Check the name; nothing was sent.',
    },
  )
}

function malformedLine(lineNumber: number, sent: number, cause: unknown): StreamError {
  const what = cause instanceof TypeError ? 'not UTF-8' : 'not a JSON object'
  return new StreamError('VALUE_MALFORMED', `line ${lineNumber} of standard input is ${what}`, {
    detail: `Records sent before it: ${formatCount(sent)}.`,
    hint: 'Send one JSON object a line, or, for lines as they are, leave --key out and say --value-type string.',
    cause,
  })
}
