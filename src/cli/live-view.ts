import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { readTopic } from '../workload/consume-topic.ts'
import { countRecords, type RunningApplication } from './applications.ts'
import type { CommandFormats } from './command-formats.ts'
import type { Output } from './output.ts'
import { RecordTexts, type TopicFormats } from './record-texts.ts'
import { inputsOf } from './render/definition.ts'
import { formatCount } from './render/progress.ts'

export interface LiveViewOptions {
  readonly kafka: Kafka
  /** Whose committed records are shown. */
  readonly topics: ReadonlyMap<string, TopicFormats>
  readonly formats: CommandFormats
  /** How many rows of each topic are shown at once; after that one of each a second. */
  readonly rows: number
  readonly output: Output
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly running: readonly RunningApplication[]
}

const everyMs = 1000

interface ViewedTopic {
  readonly topic: string
  readonly texts: RecordTexts
  seen: number
  shownInTurn: number
}

/** Shows output as it is committed, and every second, once there is any, how fast it goes. */
export async function startLiveView(options: LiveViewOptions): Promise<void> {
  const { kafka, output, signal } = options
  const views = [...options.topics].map(([topic, formats]): ViewedTopic => ({
    topic,
    texts: new RecordTexts(options.formats, topic, formats, signal),
    seen: 0,
    shownInTurn: 0,
  }))
  const reading = views.map((view) =>
    readTopic(kafka, view.topic, {
      from: 'earliest',
      isolation: 'read_committed',
      signal,
      ready: (record) => view.texts.ready(record),
      onRecord: (record) => {
        view.seen++
        const allowed = view.seen <= options.rows ? options.rows : 1
        if (view.shownInTurn < allowed) {
          const { key, value } = view.texts.of(record)
          output.line(`${view.topic}  ${key ?? 'null'}  ${value ?? 'null'}`)
        }
        view.shownInTurn++
        return true
      },
    }),
  )
  await Promise.all([...reading, showRates(views, options)])
}

async function showRates(
  views: readonly ViewedTopic[],
  { output, clock, signal, running }: LiveViewOptions,
): Promise<void> {
  let before = { in: 0, out: 0, atMs: clock.monotonicMs() }
  for (;;) {
    await sleep(clock, everyMs, signal)
    if (signal.aborted) return
    for (const view of views) view.shownInTurn = 0
    const now = {
      in: recordsIn(running),
      out: views.reduce((sum, view) => sum + view.seen, 0),
      atMs: clock.monotonicMs(),
    }
    const perSecond = (count: number): string =>
      formatCount(Math.round((count * 1000) / (now.atMs - before.atMs)))
    const text = `in ${formatCount(now.in)} (${perSecond(now.in - before.in)}/s)  out ${formatCount(now.out)} (${perSecond(now.out - before.out)}/s)`
    // Threads that have yet to join their group have read nothing; a line of zeros would say that nothing comes.
    if (output.interactive && now.in + now.out > 0) output.status(text)
    else if (!output.interactive && (now.in !== before.in || now.out !== before.out)) output.note(text)
    before = now
  }
}

function recordsIn(running: readonly RunningApplication[]): number {
  return running.reduce(
    (sum, one) => sum + countRecords(one, 'weft_records_in_total', inputsOf(one.topology)),
    0,
  )
}
