/**
 * Reads partition 0 of a topic as a consumer does, one fetch after the other, and looks at nothing: what it costs is what a broker and the
 * loopback cost. `broker-throughput.ts` runs it. Arguments: host:port, topic, records, bytes of a record; prints bytes and milliseconds.
 */
import { connect } from 'node:net'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { apis } from '../../src/protocol/apis.ts'
import { encodeRequestHeader } from '../../src/protocol/headers.ts'

const [address = '', topic = '', records = '', recordBytes = ''] = process.argv.slice(2)
const [host, port] = address.split(':')
/** The last one that names topics; 3.9 and 4.3 both have it. */
const apiVersion = 12
const fetchBytes = 4_194_304
const recordsEach = Math.floor(fetchBytes / Number(recordBytes))
const sizeBytes = 4
const chunk = Buffer.allocUnsafeSlow(1_048_576)

/** From offset after offset, a fetch's worth apart: what comes need not be read to know where to go on. */
let nextOffset = 0
let total = 0
/** Of the answer that is coming: what has come, and all of it; 0 before its size is known. */
let answer = 0
let expected = 0
let head = Buffer.alloc(0)
let startMs = 0

const socket = connect({
  host: host ?? '',
  port: Number(port),
  onread: { buffer: chunk, callback: (length) => take(chunk.subarray(0, length)) },
})
socket.once('connect', () => {
  startMs = performance.now()
  ask()
})

function ask(): void {
  const writer = new ByteWriter()
  writer.writeInt32(0)
  const header = { apiKey: apis.fetch.key, apiVersion, correlationId: 1, clientId: 'reader' }
  encodeRequestHeader(header, apis.fetch.isFlexible(apiVersion), writer)
  const partitions = [
    {
      partition: 0,
      fetchOffset: nextOffset,
      partitionMaxBytes: fetchBytes,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    },
  ]
  const request = {
    replicaId: -1,
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: fetchBytes,
    sessionEpoch: -1,
    topics: [{ topic, partitions }],
  }
  apis.fetch.request.encode(request, apiVersion, writer)
  writer.buffer.writeInt32BE(writer.length - sizeBytes, 0)
  nextOffset += recordsEach
  socket.write(writer.copy())
}

function take(bytes: Buffer): boolean {
  total += bytes.length
  answer += bytes.length
  if (expected === 0) {
    head = Buffer.concat([head, bytes.subarray(0, sizeBytes)])
    if (head.length >= sizeBytes) expected = sizeBytes + head.readInt32BE(0)
  }
  if (expected === 0 || answer < expected) return true
  answer = 0
  expected = 0
  head = Buffer.alloc(0)
  if (nextOffset < Number(records)) ask()
  else {
    console.log(`${total} ${performance.now() - startMs}`)
    socket.destroy()
  }
  return true
}
