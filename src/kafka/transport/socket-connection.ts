/**
 * One connection over a plain or TLS socket.
 *
 * Requests are written at once, answers matched by correlation id. Every request has a time limit; where it runs out, the
 * connection ends, since an answer that came late would belong to nobody and the broker may be stuck behind it.
 */
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { BufferPool } from '../../base/buffer-pool.ts'
import { assert } from '../../base/assert.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { deferred, type Deferred } from '../../base/deferred.ts'
import { StreamError } from '../../base/errors.ts'
import {
  decodeCorrelationId,
  encodeRequestHeader,
  frameSizeBytes,
  skipResponseHeader,
  type RequestHeader,
} from '../../protocol/headers.ts'
import type { Connection, EncodedRequest } from '../contracts.ts'
import { connectFailure, connectionLost, requestTimedOut } from './connection-error.ts'
import { FrameReader } from './frame-reader.ts'

export interface SocketTarget {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly tls: ConnectionOptions | undefined
  /** For answers; what a fetch is done with comes back to it. */
  readonly buffers: BufferPool
}

interface Pending {
  readonly request: EncodedRequest
  readonly answer: Deferred<Buffer>
  readonly timer: Timer
}

/** Requests under way on one connection; the client's own limits are far lower. */
const pendingMax = 1000
const headBytes = 64
const readBytes = 262_144

/** @throws StreamError `BROKER_UNREACHABLE` with the address and the usual cause */
export async function connectSocket(target: SocketTarget): Promise<Connection> {
  const incoming: Incoming = { take: () => {} }
  return new SocketConnection(target, await openSocket(target, incoming), incoming)
}

/** Where a socket's bytes go: known only when the connection over it is made. */
interface Incoming {
  take: (chunk: Buffer) => void
}

/** A plain socket reads into one buffer for ever; under TLS each chunk has its own. */
function openPlain(host: string, port: number, incoming: Incoming): Socket {
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  const callback = (bytes: number): boolean => {
    incoming.take(buffer.subarray(0, bytes))
    return true
  }
  return connectPlain({ host, port, onread: { buffer, callback } })
}

function openTls({ tls, host, port }: SocketTarget, incoming: Incoming): Socket {
  return connectTls({ ...tls, host, port }).on('data', (chunk: Buffer) => incoming.take(chunk))
}

function openSocket(target: SocketTarget, incoming: Incoming): Promise<Socket> {
  const { host, port, tls, clock, connectTimeoutMs } = target
  const opened = deferred<Socket>()
  const socket = tls === undefined ? openPlain(host, port, incoming) : openTls(target, incoming)
  const timer = clock.setTimer(connectTimeoutMs, () => {
    const late = Object.assign(new Error(`no answer within ${connectTimeoutMs} ms`), { code: 'ETIMEDOUT' })
    fail(late)
  })
  const fail = (cause: unknown): void => {
    timer.cancel()
    socket.destroy()
    opened.reject(connectFailure(host, port, cause, tls !== undefined))
  }
  socket.setNoDelay(true)
  socket.once('error', fail)
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
    timer.cancel()
    socket.off('error', fail)
    opened.resolve(socket)
  })
  return opened.promise
}

class SocketConnection implements Connection {
  readonly #target: SocketTarget
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  readonly #ended = deferred()
  #correlationId = 0
  #closed = false

  constructor(target: SocketTarget, socket: Socket, incoming: Incoming) {
    this.#target = target
    this.#socket = socket
    const frames = new FrameReader(target.buffers, (frame) => this.#onFrame(frame))
    incoming.take = (chunk) => {
      try {
        frames.push(chunk)
      } catch (error) {
        this.#end(error)
      }
    }
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(undefined))
  }

  get closed(): boolean {
    return this.#closed
  }

  send(request: EncodedRequest): Promise<Buffer> {
    const { host, port, clock, clientId } = this.#target
    if (this.#closed) return Promise.reject(connectionLost(host, port))
    assert(this.#pending.size < pendingMax, 'too many requests under way on one connection')
    const correlationId = this.#correlationId
    this.#correlationId = (correlationId + 1) & 0x7f_ff_ff_ff
    const timer = clock.setTimer(request.timeoutMs, () =>
      this.#end(requestTimedOut(`${host}:${port}`, request.apiKey, request.timeoutMs)),
    )
    const answer = deferred<Buffer>()
    this.#pending.set(correlationId, { request, answer, timer })
    this.#write(request, { apiKey: request.apiKey, apiVersion: request.apiVersion, correlationId, clientId })
    return answer.promise
  }

  recycle(response: Buffer): void {
    this.#target.buffers.give(response)
  }

  async close(): Promise<void> {
    this.#end(undefined)
    await this.#ended.promise
  }

  #write(request: EncodedRequest, header: RequestHeader): void {
    const head = new ByteWriter(headBytes)
    head.reserve(frameSizeBytes)
    encodeRequestHeader(header, request.flexible, head)
    let size = head.length - frameSizeBytes
    for (const chunk of request.body) size += chunk.length
    head.buffer.writeInt32BE(size, 0)
    this.#socket.cork()
    this.#socket.write(head.view())
    for (const chunk of request.body) this.#socket.write(chunk)
    this.#socket.uncork()
  }

  #onFrame(frame: Buffer): void {
    const correlationId = decodeCorrelationId(frame)
    const pending = this.#pending.get(correlationId)
    if (pending === undefined) {
      throw new StreamError('PROTOCOL_MALFORMED', `no request has the correlation id ${correlationId}`)
    }
    this.#pending.delete(correlationId)
    pending.timer.cancel()
    const bodyAt = skipResponseHeader(frame, pending.request.apiKey, pending.request.flexible)
    pending.answer.resolve(frame.subarray(bodyAt))
  }

  #end(cause: unknown): void {
    if (this.#closed) return
    this.#closed = true
    const error = connectionLost(this.#target.host, this.#target.port, cause)
    for (const pending of this.#pending.values()) {
      pending.timer.cancel()
      pending.answer.reject(error)
    }
    this.#pending.clear()
    this.#socket.destroy()
    this.#ended.resolve()
  }
}
