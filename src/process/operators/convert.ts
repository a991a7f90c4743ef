import { addDetail, toStreamError } from '../../base/errors.ts'
import { formatConverter, type ConvertFormat } from '../../serde/convert-format.ts'
import type { Conversion, ConvertNode, NodeId } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'

/** Turns keys and values of a stream into other types. */
export class Convert implements Processor {
  readonly #id: NodeId
  readonly #key: ConvertFormat
  readonly #value: ConvertFormat
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: ConvertNode, env: ProcessEnvironment, next: Processor) {
    this.#id = node.id
    this.#key = converterOf(node.key, env)
    this.#value = converterOf(node.value, env)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const out = this.#out
    out.key = this.#converted(this.#key, record.key, 'key')
    out.value = this.#converted(this.#value, record.value, 'value')
    out.timestampMs = record.timestampMs
    out.headers = record.headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }

  #converted(convert: ConvertFormat, value: unknown, side: 'key' | 'value'): unknown {
    try {
      return convert(value)
    } catch (error) {
      throw addDetail(toStreamError(error), `It is the ${side} of a record converted by "${this.#id}".`)
    }
  }
}

function converterOf(conversion: Conversion | undefined, env: ProcessEnvironment): ConvertFormat {
  if (conversion === undefined) return (value) => value
  return formatConverter(conversion.from, conversion.to, (format) => env.text(format))
}
