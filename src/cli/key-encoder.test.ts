import { afterAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import { silentLogger } from '../base/logger.ts'
import { parseType } from '../data/type-strings.ts'
import { CommandFormats } from './command-formats.ts'
import { openKeyEncoder } from './key-encoder.ts'

const formats = new CommandFormats({}, silentLogger)
afterAll(() => formats[Symbol.asyncDispose]())

async function keyBytes(type: string, json: string): Promise<Buffer | undefined> {
  const key = { topic: 'topic', format: parseType(type), field: 'id' }
  const encode = await openKeyEncoder(formats, key, new AbortController().signal)
  if (encode === undefined) return undefined
  const writer = new ByteWriter()
  encode(json, writer)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

function bytesOf(size: number, write: (buffer: Buffer) => unknown): Buffer {
  const buffer = Buffer.alloc(size)
  write(buffer)
  return buffer
}

describe('keys that are taken from rows', () => {
  test.each([
    ['long', '{"id":1}', bytesOf(8, (buffer) => buffer.writeBigInt64BE(1n))],
    ['long', '{"id":9007199254740993}', bytesOf(8, (buffer) => buffer.writeBigInt64BE(9007199254740993n))],
    ['long', '{"id":-9223372036854775808}', bytesOf(8, (buffer) => buffer.writeBigInt64BE(-(2n ** 63n)))],
    ['int', '{"id":-7}', bytesOf(4, (buffer) => buffer.writeInt32BE(-7))],
    ['short', '{"id":300}', bytesOf(2, (buffer) => buffer.writeInt16BE(300))],
    ['byte', '{"id":-1}', Buffer.from([255])],
    ['double', '{"id":1.5}', bytesOf(8, (buffer) => buffer.writeDoubleBE(1.5))],
    ['double', '{"id":2}', bytesOf(8, (buffer) => buffer.writeDoubleBE(2))],
    ['float', '{"id":1.5}', bytesOf(4, (buffer) => buffer.writeFloatBE(1.5))],
    ['boolean', '{"id":true}', Buffer.from([1])],
    ['bytes', '{"id":"AAEC"}', Buffer.from([0, 1, 2])],
    ['json', '{"id":{"b":1,"a":[2]}}', Buffer.from('{"a":[2],"b":1}')],
    ['struct', '{"id":{"b":1,"a":2}}', Buffer.from('{"a":2,"b":1}')],
    ['enum(ON, OFF)', '{"id":"OFF"}', Buffer.from('OFF')],
  ])('of type %s are written in it: %s', async (type, json, bytes) => {
    expect(await keyBytes(type, json)).toEqual(bytes)
  })

  test('of type string go out as the text that they are', async () => {
    expect(await keyBytes('string', '{"id":"a"}')).toBeUndefined()
  })

  test.each([
    ['long', '{"id":"a"}'],
    ['long', '{"id":1.5}'],
    ['long', '{"id":9223372036854775808}'],
    ['int', '{"id":2147483648}'],
    ['double', '{"id":"1"}'],
    ['boolean', '{"id":1}'],
    ['bytes', '{"id":"no base64!"}'],
    ['enum(ON, OFF)', '{"id":"HALF"}'],
  ])('that do not fit %s are named with field and type, not with what is in them: %s', async (type, json) => {
    await expect(keyBytes(type, json)).rejects.toMatchObject({
      code: 'VALUE_TYPE_MISMATCH',
      message: 'field "id" does not fit the type of the topic\'s keys',
      detail: `Keys are of type ${type}.`,
    })
  })
})
