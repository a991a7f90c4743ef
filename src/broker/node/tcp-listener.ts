import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Address } from './address.ts'
import type { Connection } from './connection.ts'
import { FrameReader } from './frame-reader.ts'

export interface ListenerOptions {
  readonly logger: Logger
  readonly requestBytesMax: number
  readonly queuedRequestsMax: number
  readonly connectionsMax: number
  /** @param reached - the address by which the client came */
  readonly accept: (clientHost: string, reached: Address) => Connection
}

const wildcards = new Set(['0.0.0.0', '::', ''])

/** Carries connections over TCP: frames with a size of four bytes in front. */
export class TcpListener {
  readonly address: Address
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #options: ListenerOptions

  private constructor(server: Server, host: string, options: ListenerOptions) {
    // A TCP server that listens has an address of this kind.
    const { port } = server.address() as AddressInfo
    this.address = { host, port }
    this.#server = server
    this.#options = options
    server.on('connection', (socket) => this.#accept(socket))
  }

  /**
   * @param port - 0 for any that is free
   * @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID` for an address that is not this machine's
   */
  static async open(port: number, host: string, options: ListenerOptions): Promise<TcpListener> {
    const server = createServer({ noDelay: true })
    server.maxConnections = options.connectionsMax
    server.listen(port, host)
    try {
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
    const connection = this.#options.accept(clientHost, reached)
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

  /** Serves frames one at a time; a client that does not read its answers, or sends too far ahead, is not read from. */
  #read(socket: Socket, connection: Connection, clientHost: string): void {
    const { logger, requestBytesMax, queuedRequestsMax } = this.#options
    const reader = new FrameReader(requestBytesMax)
    const queue: Buffer[] = []
    let serving = false
    const serve = async (): Promise<void> => {
      serving = true
      for (let frame = queue.shift(); frame !== undefined; frame = queue.shift()) {
        if (queue.length < queuedRequestsMax) socket.resume()
        const answer = await connection.request(frame)
        if (answer !== undefined && !socket.write(answer))
          await once(socket, 'drain', { signal: connection.closed })
      }
      serving = false
    }
    socket.on('data', (chunk: Buffer) => {
      const frames = reader.push(chunk)
      if (!Array.isArray(frames)) {
        logger.warn('request is too large', {
          peer: clientHost,
          sizeBytes: frames.sizeBytes,
          requestBytesMax,
        })
        connection.close()
        return
      }
      queue.push(...frames)
      if (queue.length >= queuedRequestsMax) socket.pause()
      // Ends only with the connection, which closes the socket by itself.
      if (!serving) serve().catch(() => connection.close())
    })
  }
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
