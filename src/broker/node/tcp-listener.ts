import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { apis } from '../../protocol/apis.ts'
import type { Address } from './address.ts'
import type { Connection } from './connection.ts'
import { FrameReader } from './frame-reader.ts'
import { IdleConnections } from './idle-connections.ts'
import {
  arrivalOf,
  certificateNameOf,
  createServer,
  guessSender,
  type ListenerTls,
} from './listener-security.ts'

export interface ListenerOptions {
  readonly logger: Logger
  readonly requestBytesMax: number
  readonly queuedRequestsMax: number
  readonly connectionsMax: number
  readonly connectionsIdleMaxMs: number
  readonly clock: Clock
  /** Absent: bytes travel as they are. */
  readonly tls: ListenerTls | undefined
  /** @returns undefined for a client that is not let in */
  readonly accept: (client: ArrivedClient) => Connection | undefined
}

export interface ArrivedClient {
  readonly host: string
  /** The address by which it came. */
  readonly reached: Address
  /** The subject of its certificate, where it has shown one that is trusted. */
  readonly certificateName: string | undefined
}

/** Of requests of one connection that wait for their turn; with one more behind, and one being served, that is all it can take. */
const queuedBytesMax = 4_194_304
/** Of a client that has not said yet who it is. [sasl.server.max.receive.size] */
const unsettledBytesMax = 524_288
const wildcards = new Set(['0.0.0.0', '::', ''])

/** Carries connections over TCP: frames with a size of four bytes in front. */
export class TcpListener {
  readonly address: Address
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #options: ListenerOptions
  readonly #idle: IdleConnections

  private constructor(server: Server, host: string, options: ListenerOptions) {
    // A TCP server that listens has an address of this kind.
    const { port } = server.address() as AddressInfo
    this.address = { host, port }
    this.#server = server
    this.#options = options
    this.#idle = new IdleConnections(options.clock, options.connectionsIdleMaxMs)
    server.on(arrivalOf(options.tls), (socket: Socket) => this.#accept(socket))
    server.on('tlsClientError', (cause: Error, socket: Socket) => this.#refuse(cause, socket))
  }

  /**
   * @param port - 0 for any that is free
   * @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID` for an address that is not this machine's
   */
  static async open(port: number, host: string, options: ListenerOptions): Promise<TcpListener> {
    const server = createServer(options.tls)
    server.maxConnections = options.connectionsMax
    try {
      server.listen(port, host)
      await once(server, 'listening')
    } catch (cause) {
      throw cannotListen(cause, port, host)
    }
    return new TcpListener(server, host, options)
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    const { logger } = this.#options
    const clientHost = plainAddress(socket.remoteAddress)
    const { host, port } = this.address
    const reached = { host: wildcards.has(host) ? plainAddress(socket.localAddress) : host, port }
    const certificateName = certificateNameOf(socket)
    const connection = this.#options.accept({ host: clientHost, reached, certificateName })
    if (connection === undefined) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('error', (cause) =>
      logger.debug('connection failed', { peer: clientHost, reason: cause.message }),
    )
    socket.on('close', () => {
      this.#sockets.delete(socket)
      connection.close()
    })
    connection.closed.addEventListener('abort', () => socket.destroy(), { once: true })
    this.#read(socket, connection, clientHost)
  }

  #refuse(cause: Error, socket: Socket): void {
    const peer = plainAddress(socket.remoteAddress)
    const plaintext = /wrong version number|http request|unexpected message|packet length/i.test(
      cause.message,
    )
    this.#options.logger.warn('TLS handshake failed', {
      peer,
      reason: plaintext ? 'the client speaks no TLS, and this port does' : cause.message,
    })
    socket.destroy()
  }

  /** Serves frames one at a time; a client that does not read its answers, or sends too far ahead, is not read from. */
  #read(socket: Socket, connection: Connection, clientHost: string): void {
    const { logger, requestBytesMax, queuedRequestsMax } = this.#options
    const reader = new FrameReader(() =>
      connection.settled ? requestBytesMax : Math.min(requestBytesMax, unsettledBytesMax),
    )
    const queue: Buffer[] = []
    let queuedBytes = 0
    let serving = false
    const idle = this.#idle
    const visit = {
      busy: false,
      close() {
        logger.debug('idle connection closed', { peer: clientHost })
        connection.close()
      },
    }
    idle.touch(visit)
    connection.closed.addEventListener('abort', () => idle.forget(visit), { once: true })
    const isFull = (): boolean => queue.length >= queuedRequestsMax || queuedBytes >= queuedBytesMax
    const serve = async (): Promise<void> => {
      serving = true
      for (let frame = queue.shift(); frame !== undefined; frame = queue.shift()) {
        queuedBytes -= frame.length
        if (!isFull()) socket.resume()
        visit.busy = true
        const answer = await connection.request(frame)
        visit.busy = false
        idle.touch(visit)
        // Logs keep copies of batches; other requests may have parts that somebody keeps.
        if (apiKeyOf(frame) === apis.produce.key) reader.release(frame)
        if (answer !== undefined && !writeTogether(socket, answer))
          await once(socket, 'drain', { signal: connection.closed })
        if (connection.finished) socket.end()
      }
      serving = false
    }
    socket.on('data', (chunk: Buffer) => {
      idle.touch(visit)
      const frames = reader.push(chunk)
      if (!Array.isArray(frames)) {
        logger.warn('request is too large', {
          peer: clientHost,
          reason: guessSender(frames.sizeBytes),
          sizeBytes: frames.sizeBytes,
          requestBytesMax,
        })
        connection.close()
        return
      }
      queue.push(...frames)
      for (const frame of frames) queuedBytes += frame.length
      if (isFull()) socket.pause()
      // Ends only with the connection, which closes the socket by itself.
      if (!serving) serve().catch(() => connection.close())
    })
  }
}

/** @returns whether the socket takes more */
function writeTogether(socket: Socket, parts: readonly Buffer[]): boolean {
  socket.cork()
  for (const part of parts) socket.write(part)
  socket.uncork()
  return !socket.writableNeedDrain
}

function apiKeyOf(frame: Buffer): number {
  return frame.length < 2 ? -1 : frame.readInt16BE(0)
}

function cannotListen(cause: unknown, port: number, host: string): StreamError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE')
    return new StreamError('PORT_IN_USE', `could not listen on port ${port}`, {
      detail: `Another program listens on ${host}:${port}.`,
      hint: 'Choose another port, or 0 for any that is free.',
      cause,
    })
  return new StreamError('CONFIG_INVALID', `could not listen on "${host}:${port}"`, {
    hint: 'Give an address of this machine and a port that this user may open.',
    cause,
  })
}

/** IPv4 as such, not in the form of IPv6 that a socket for both gives it. */
function plainAddress(address: string | undefined): string {
  return (address ?? 'localhost').replace(/^::ffff:/, '')
}
