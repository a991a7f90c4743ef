/**
 * A schema registry in this process: Confluent's REST interface, and the part of Apicurio's that its serialisers use.
 *
 * Clients reach it over HTTP ({@link RegistryServer.listen}), unmodified ones of any language, or in the same thread
 * ({@link RegistryServer.exchange}).
 */
import type { Logger } from '../base/logger.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import { apicurioFailure, apicurioPrefix, apicurioRoutes } from './server/apicurio/apicurio-interface.ts'
import { confluentContentType, confluentRoutes } from './server/confluent/confluent-interface.ts'
import { RegistryFailure } from './server/failure.ts'
import { HttpListener, type ListenOptions } from './server/http-listener.ts'
import { memoryLog, type SchemaLog } from './server/records.ts'
import { RegistryService } from './server/registry-service.ts'
import { Answer, decodePart, findRoute, type Call, type Route } from './server/router.ts'
import { normalSubject } from './server/subject-names.ts'

export type { LogRecord, SchemaLog } from './server/records.ts'

export interface RegistryServerOptions {
  readonly logger: Logger
  /** Where schemas are kept; in memory when left out. */
  readonly log?: SchemaLog
}

export class RegistryServer {
  readonly #service: RegistryService
  readonly #logger: Logger
  readonly #confluent: readonly Route[]
  readonly #apicurio: readonly Route[]
  readonly #listeners: HttpListener[] = []

  private constructor(service: RegistryService, logger: Logger) {
    this.#service = service
    this.#logger = logger
    this.#confluent = confluentRoutes(service)
    this.#apicurio = apicurioRoutes(service)
  }

  /** Reads what the log holds; the server answers from then on. */
  static async open({ logger, log = memoryLog }: RegistryServerOptions): Promise<RegistryServer> {
    const service = new RegistryService(log, logger)
    await service.open()
    return new RegistryServer(service, logger)
  }

  /**
   * Opens a port.
   *
   * @param port - 0 for any that is free
   * @throws StreamError `PORT_IN_USE`
   */
  async listen(options: ListenOptions): Promise<{ readonly host: string; readonly port: number }> {
    const listener = new HttpListener((request) => this.exchange(request), options)
    this.#listeners.push(listener)
    return listener.open()
  }

  /** Answers one request. Never throws: what goes wrong is an answer too. */
  async exchange(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#answer(request)
    } catch (error) {
      if (error instanceof RegistryFailure) return failureResponse(error, request.target)
      this.#logger.error('a registry request failed', { target: request.target, error: String(error) })
      return failureResponse(new RegistryFailure(500, 'Internal Server Error'), request.target)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()))
    await this.#service.close()
  }

  async #answer({ method, target, headers, body }: HttpRequest): Promise<HttpResponse> {
    const { pathname, query } = parseTarget(target)
    const { path, context } = withoutContext(pathname.replace(asInApicurio, ''))
    const match = findRoute(isApicurio(path) ? this.#apicurio : this.#confluent, method, path)
    const call: Call = { path: match.path, query, headers, body, context }
    const answer = await match.route.answer(call)
    return answer instanceof Answer ? answer : jsonResponse(200, answer, contentTypeOf(path))
  }
}

/** A target is a path, whatever it looks like: two slashes at its beginning name no host. */
function parseTarget(target: string): { readonly pathname: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?')
  const pathname = mark < 0 ? target : target.slice(0, mark)
  return { pathname, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark)) }
}

/** Before Confluent's interface in Apicurio's server, whose users have it in their settings. */
const asInApicurio = /^\/apis\/ccompat\/v\d+(?=\/)/

/** `/contexts/NAME/…` stands for everything behind it, in that context. */
function withoutContext(pathname: string): { readonly path: string; readonly context: string | undefined } {
  const [, encoded, path] = /^\/contexts\/([^/]+)(\/.+)$/.exec(pathname) ?? []
  if (encoded === undefined || path === undefined) return { path: pathname, context: undefined }
  const name = decodePart(encoded).replaceAll(':', '')
  return { path, context: normalSubject(`:${name.startsWith('.') ? name : `.${name}`}:`) }
}

const isApicurio = (path: string): boolean => path.startsWith(apicurioPrefix)
const contentTypeOf = (path: string): string => (isApicurio(path) ? 'application/json' : confluentContentType)

function failureResponse(failure: RegistryFailure, target: string): HttpResponse {
  const { status, code, message } = failure
  const value = isApicurio(target) ? apicurioFailure(failure) : { error_code: code, message }
  return jsonResponse(status, value, contentTypeOf(target))
}

function jsonResponse(status: number, value: unknown, contentType: string): HttpResponse {
  return { status, headers: { 'content-type': contentType }, body: Buffer.from(JSON.stringify(value)) }
}
