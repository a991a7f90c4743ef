/**
 * Protobuf messages by name, as Apicurio's serialisers write them: a message of its own, its size in front, with the name
 * (without package and parents) in field 1.
 */
import { StreamError } from '../../base/errors.ts'

/** Field 1, length-delimited. */
const nameTag = 0x0a
/** Longer names are taken for damage; one byte of length holds the rest. */
const nameBytesMax = 125

export interface NameAndEnd {
  readonly name: string
  readonly end: number
}

/** @throws StreamError `VALUE_MALFORMED` */
export function readMessageName(buffer: Buffer, start: number, end: number): NameAndEnd {
  const size = buffer[start] ?? 0
  const nameBytes = buffer[start + 2] ?? 0
  const whole = size === nameBytes + 2 && nameBytes <= nameBytesMax && start + 1 + size <= end
  if (!whole || buffer[start + 1] !== nameTag) {
    throw new StreamError('VALUE_MALFORMED', 'could not read which Protobuf message the value is', {
      detail: 'Expected the name of a message after the schema id.',
      hint: 'Check that the producer sends type references, or set "apicurio.registry.serde.read-type-ref" to false.',
    })
  }
  return { name: buffer.toString('utf8', start + 3, start + 1 + size), end: start + 1 + size }
}

export function messageNameBytes(name: string): Buffer {
  const text = Buffer.from(name)
  if (text.length > nameBytesMax) {
    throw new StreamError(
      'NOT_SUPPORTED',
      `the message name "${name}" is longer than ${nameBytesMax} bytes`,
      {
        hint: 'Give the message a shorter name, or set "apicurio.registry.serde.send-type-ref" to false.',
      },
    )
  }
  return Buffer.concat([Buffer.from([text.length + 2, nameTag, text.length]), text])
}
