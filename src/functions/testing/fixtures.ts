import type { Logger, LogFields } from '../../base/logger.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { seededRandom } from '../../base/random.ts'
import type { DataType } from '../../data/types.ts'
import { functionKinds } from '../../topology/function-kinds.ts'
import type { CodeBlock, FunctionBody, FunctionKind, FunctionRef } from '../../topology/functions.ts'
import type { FunctionEnvironment, FunctionKeyValueStore, FunctionStore } from '../function-environment.ts'
import { openFunctions, type FunctionHost } from '../open-functions.ts'
import type { PythonOptions } from '../python/python-options.ts'

/** A snapshot of fresh Python is kept here, so that only the first test run of a checkout waits for its start. */
export const snapshotFolder = 'node_modules/.cache/weft'

/** Text that stands in `orders.yaml` from the given line on, in column 7. */
export function block(text: string, line = 10): CodeBlock {
  return { text, span: { file: 'orders.yaml', line, column: 7, length: 1 } }
}

type Inline = Partial<Record<'globalCode' | 'code' | 'expression', string>>

export function inlineBody(language: 'python' | 'javascript', parts: Inline): FunctionBody {
  return {
    language,
    ...(parts.globalCode === undefined ? {} : { globalCode: block(parts.globalCode, 5) }),
    ...(parts.code === undefined ? {} : { code: block(parts.code, 10) }),
    ...(parts.expression === undefined ? {} : { expression: block(parts.expression, 20) }),
  }
}

/** A function with the arguments of its kind; the result is of any type unless told. */
export function functionRef(
  name: string,
  kind: FunctionKind,
  body: FunctionBody,
  more: Partial<FunctionRef> = {},
): FunctionRef {
  const fixed = functionKinds[kind].arguments.map((argument) => ({ name: argument }))
  const { rule } = functionKinds[kind].result
  return {
    name,
    kind,
    stores: [],
    body,
    ...(rule === 'required' || rule === 'optional' ? { resultType: { kind: 'any' } satisfies DataType } : {}),
    ...more,
    parameters: [...fixed, ...(more.parameters ?? [])],
  }
}

/** Functions opened under one namespace, with what they logged and counted. */
export class Bench {
  readonly lines: string[] = []
  readonly metrics = new MetricRegistry()
  readonly stores = new Map<string, FunctionStore>()
  readonly logger: Logger = recordingLogger(this.lines)
  readonly environment: FunctionEnvironment = {
    store: (name) => this.stores.get(name) as FunctionStore,
    logger: this.logger,
    metrics: this.metrics,
    recordTimestampMs: () => 1000,
  }

  open(
    functions: readonly FunctionRef[],
    inline: readonly FunctionRef[] = [],
    python: PythonOptions = {},
  ): Promise<FunctionHost> {
    return openFunctions(
      { namespace: 'orders', functions },
      {
        logger: this.logger,
        metrics: this.metrics,
        random: seededRandom(7),
        inline,
        python: { snapshotFolder, ...python },
      },
    )
  }

  /** The values of all metrics of a name. */
  values(name: string): number[] {
    return this.metrics
      .samples()
      .filter((sample) => sample.facts.name === name)
      .map((sample) => sample.value)
  }
}

function recordingLogger(lines: string[]): Logger {
  const write =
    (level: string) =>
    (message: string, fields?: LogFields): void =>
      void lines.push(`${level} ${String(fields?.['logger'])} ${message}`)
  const logger: Logger = {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    trace: write('trace'),
    with: () => logger,
  }
  return logger
}

/** A store in a map, keys by their JSON text. */
export class MapStore implements FunctionKeyValueStore {
  readonly name: string
  readonly timestamped: boolean
  readonly #entries = new Map<string, { key: unknown; value: unknown; timestampMs: number }>()

  constructor(name: string, timestamped = false) {
    this.name = name
    this.timestamped = timestamped
  }

  get(key: unknown): unknown {
    return this.#entries.get(JSON.stringify(key))?.value
  }
  timestampMs(key: unknown): number | undefined {
    return this.#entries.get(JSON.stringify(key))?.timestampMs
  }
  put(key: unknown, value: unknown, timestampMs: number): void {
    if (value === null) this.#entries.delete(JSON.stringify(key))
    else this.#entries.set(JSON.stringify(key), { key, value, timestampMs })
  }
  putIfAbsent(key: unknown, value: unknown, timestampMs: number): unknown {
    const known = this.get(key)
    if (known === undefined) this.put(key, value, timestampMs)
    return known
  }
  delete(key: unknown): unknown {
    const known = this.get(key)
    this.#entries.delete(JSON.stringify(key))
    return known
  }
  *all(): Iterable<readonly [unknown, unknown]> {
    for (const { key, value } of this.#entries.values()) yield [key, value]
  }
  *range(from: unknown, to: unknown): Iterable<readonly [unknown, unknown]> {
    for (const [key, value] of this.all()) {
      if (String(key) >= String(from) && String(key) <= String(to)) yield [key, value]
    }
  }
  approximateEntryCount(): number {
    return this.#entries.size
  }
}
