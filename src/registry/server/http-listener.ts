/** HTTP from sockets to {@link HttpRequest}s and back: bounded, with TLS and credentials where they are wanted. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { StreamError } from '../../base/errors.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'

/** A schema fits into a record of Kafka's default size; larger bodies are refused. */
const bodyBytesMax = 1024 * 1024
const connectionsMax = 1000
const requestTimeoutMs = 30_000

export interface ListenOptions {
  /** 0: any that is free. */
  readonly port: number
  readonly host: string
  /** PEM texts. With `ca`, clients have to show a certificate that it signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string }
  /** Whoever asks has to show one of these `authorization` headers. */
  readonly authorizations?: readonly string[]
}

export class HttpListener {
  readonly #server: Server
  readonly #options: ListenOptions
  readonly #exchange: (request: HttpRequest) => Promise<HttpResponse>

  constructor(exchange: (request: HttpRequest) => Promise<HttpResponse>, options: ListenOptions) {
    this.#exchange = exchange
    this.#options = options
    const { tls } = options
    const limits = {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      maxHeaderSize: 32 * 1024,
    }
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response)
    }
    this.#server =
      tls === undefined
        ? createHttpServer(limits, serve)
        : createHttpsServer({ ...limits, ...tls, requestCert: tls.ca !== undefined }, serve)
    this.#server.maxConnections = connectionsMax
  }

  async open(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options
    this.#server.listen(port, host)
    try {
      await once(this.#server, 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      throw new StreamError('PORT_IN_USE', `port ${port} of ${host} is in use`, {
        hint: 'Choose another port, or 0 for any that is free.',
      })
    }
    return { host, port: (this.#server.address() as AddressInfo).port }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, headers, body } = await this.#respond(request)
      response.writeHead(status, { ...headers, 'content-length': body.length })
      response.end(request.method === 'HEAD' ? undefined : body)
    } catch {
      // The client has gone in the middle of its request.
      response.destroy()
    }
  }

  async #respond(request: IncomingMessage): Promise<HttpResponse> {
    if (!this.#isAllowed(request.headers.authorization)) {
      request.resume()
      return failure(401, 'Unauthorized', { 'www-authenticate': 'Basic realm="registry"' })
    }
    const body = await readBody(request)
    if (body === undefined)
      return failure(413, `The body is larger than ${bodyBytesMax} bytes`, { connection: 'close' })
    return this.#exchange({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: request.headers as Readonly<Record<string, string | undefined>>,
      body,
    })
  }

  #isAllowed(shown: string | undefined): boolean {
    const { authorizations } = this.#options
    if (authorizations === undefined) return true
    // Digests are of one length, and comparing them takes one time, whatever was shown.
    return authorizations.some((wanted) => timingSafeEqual(digest(wanted), digest(shown ?? '')))
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ error_code: status, message })),
  }
}
