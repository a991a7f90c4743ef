/** Values that another serialiser wrote, read by our serde of their topic and written by ours to another one. */
import type { Frame, SchemaType } from '../../src/registry/contracts.ts'
import { headersOf, OurSerdes, type WrittenValue } from './our-serdes.ts'

export interface WrittenAnew extends Required<WrittenValue> {
  readonly topic: string
  /** What our serde read. */
  readonly value: unknown
  /** How the value that was given named its schema. */
  readonly frame: Pick<Frame, 'kind' | 'messagePath'>
}

export interface AnewOptions {
  readonly url: string
  /** Of the topic that is written: `ours-NAME`. */
  readonly name: string
  readonly type: SchemaType
  readonly config?: Readonly<Record<string, string>>
  /** The full name of a message that is not its file's first. */
  readonly message?: string
}

export async function writtenAnew(
  written: WrittenValue,
  { url, name, type, config = {}, message }: AnewOptions,
): Promise<WrittenAnew> {
  await using ours = new OurSerdes('confluent', type, { ...config, 'schema.registry.url': url })
  const value = await ours.read(`theirs-${name}`, written)
  const bytes = Buffer.from(written.data, 'base64')
  const framing = ours.registry.framing('value', type)
  const frame = framing.read(bytes, 0, bytes.length, headersOf(written.headers))
  const { text, references } = await ours.registry.fetch(frame)
  const topic = `ours-${name}`
  const { kind, messagePath } = frame
  return {
    ...(await ours.write(topic, { text, references, message }, value)),
    topic,
    value,
    frame: { kind, messagePath },
  }
}
