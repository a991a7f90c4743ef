import { sleep } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import { decodeRequestHeader, decodeRequestStart, type RequestStart } from '../../protocol/headers.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import type { AnyHandler, Answer, Call, NodeEndpoint } from '../apis/api-handler.ts'
import { handlerByKey, supportedApis } from '../apis/api-table.ts'
import { apiVersionsHandler, apiVersionsTooNew } from '../apis/api-versions.ts'
import { refusalOf } from '../apis/refusal.ts'
import type { Fault, FaultControl } from '../fault-control.ts'
import type { Address } from './address.ts'
import { diskCodes } from '../log/disk.ts'
import type { NodeState } from './node-state.ts'
import type { Session } from '../security/session.ts'
import { encodeResponseFrame } from './response-frame.ts'

/** Who is at the other end of a connection, and how to be rid of them. */
export interface Peer {
  readonly host: string
  /** The node at this end. */
  readonly nodeId: number
  /** Where they reach a node. */
  addressOf(nodeId: number): Address
  readonly session: Session
  readonly closed: AbortSignal
  disconnect(): void
  /** Ends the connection when the request under way has been answered. */
  finish(): void
}

export type Outcome =
  /** A whole frame with its size in front, in parts. */
  | { readonly kind: 'answer'; readonly frame: readonly Buffer[] }
  | { readonly kind: 'none' }
  /** The connection is to end. */
  | { readonly kind: 'cut' }
  /** The connection is never to answer again. */
  | { readonly kind: 'stall' }

const cut: Outcome = { kind: 'cut' }
const none: Outcome = { kind: 'none' }

/** A request that has been read and whose handler is known. */
interface Request {
  readonly start: RequestStart
  readonly handler: AnyHandler
  readonly body: unknown
  readonly call: Call
}

/** Turns request frames into what becomes of them: reads, applies faults, has the API's handler answer, writes. */
export class Dispatcher {
  readonly #node: NodeState
  readonly #faults: FaultControl

  constructor(node: NodeState, faults: FaultControl) {
    this.#node = node
    this.#faults = faults
  }

  async serve(frame: Buffer, peer: Peer): Promise<Outcome> {
    const request = this.#tryRead(frame, peer)
    if ('kind' in request) return request
    const fault = this.#chooseFault(request)
    return fault === undefined ? this.#answer(request) : this.#break(request, fault)
  }

  /** A rule's condition is code of whoever wrote the test: it may throw. */
  #chooseFault({ handler, call, body, start }: Request): Fault | undefined {
    const { clientId, nodeId } = call
    const api = handler.api.name
    try {
      return this.#faults.choose({ api, apiVersion: start.apiVersion, nodeId, clientId, body })
    } catch (thrown) {
      const { message, stack } = toStreamError(thrown)
      this.#node.logger.error('condition of a fault rule failed', { api, reason: message, stack })
      return { kind: 'cut', when: 'before' }
    }
  }

  #tryRead(frame: Buffer, peer: Peer): Request | Outcome {
    try {
      return this.#read(frame, peer)
    } catch (thrown) {
      const { code, message } = toStreamError(thrown)
      this.#node.logger.warn('request cannot be read', { peer: peer.host, code, reason: message })
      return cut
    }
  }

  #read(frame: Buffer, peer: Peer): Request | Outcome {
    const start = decodeRequestStart(frame)
    const { apiKey, apiVersion } = start
    const handler = handlerByKey(apiKey)
    if (handler === undefined || apiVersion < handler.api.minVersion || apiVersion > topVersion(handler))
      return this.#refuseUnknown(start, peer)
    const objection = peer.session.objectionTo(handler.api.name)
    if (objection !== undefined) {
      this.#node.logger.warn('request refused', { peer: peer.host, api: handler.api.name, reason: objection })
      return cut
    }
    const isFlexible = (): boolean => handler.api.isFlexible(apiVersion)
    const { clientId, bodyAt } = decodeRequestHeader(frame, isFlexible)
    const call: Call = {
      node: this.#node,
      nodeId: peer.nodeId,
      apiVersion,
      clientId: clientId ?? '',
      clientHost: peer.host,
      requester: { principal: peer.session.principal, host: peer.host.replace('/', '') },
      endpoints: (which = 'running') => this.#endpoints(peer, which),
      closed: peer.closed,
      supported: supportedApis,
      session: peer.session,
      disconnect: () => peer.disconnect(),
      finish: () => peer.finish(),
    }
    // As Apache Kafka does, it takes requests with bytes too many: some clients have sent them for years.
    return { start, handler, body: handler.api.request.decodePrefix(frame, apiVersion, bodyAt), call }
  }

  #endpoints(peer: Peer, which: 'running' | 'all'): NodeEndpoint[] {
    const { layout } = this.#node
    const nodeIds = which === 'all' ? layout.nodeIds : layout.running()
    return nodeIds.map((nodeId) => ({ nodeId, ...peer.addressOf(nodeId) }))
  }

  /** Only ApiVersions has an answer for who asks in a version we lack; any other connection ends, as in Kafka. */
  #refuseUnknown({ apiKey, apiVersion, correlationId }: RequestStart, peer: Peer): Outcome {
    const known = supportedApis.find(({ key }) => key === apiKey)
    this.#node.logger.warn('request is not supported', {
      peer: peer.host,
      api: known?.name ?? apiKey,
      apiVersion,
      supported: known === undefined ? 'none' : `${known.minVersion} to ${known.maxVersion}`,
    })
    const { api } = apiVersionsHandler
    if (apiKey !== api.key) return cut
    const response = apiVersionsTooNew(supportedApis)
    return { kind: 'answer', frame: encodeResponseFrame(api, response, { correlationId, apiVersion: 0 }) }
  }

  async #answer(request: Request): Promise<Outcome> {
    return this.#encode(request, await this.#handle(request))
  }

  async #handle(request: Request): Promise<Answer<unknown>> {
    const { handler, body, call, start } = request
    if (start.apiVersion < (handler.minVersion ?? 0)) {
      const { name } = handler.api
      this.#node.logger.warn('request is not supported', { api: name, apiVersion: start.apiVersion })
      return handler.refuse(body, kafkaErrorCode('UNSUPPORTED_VERSION'), call)
    }
    const refused = refusalOf(call, ...(handler.demands?.(body) ?? []))
    if (refused !== undefined) return handler.refuse(body, kafkaErrorCode(refused), call)
    try {
      return await handler.handle(body, call)
    } catch (thrown) {
      const { code, message, detail, domain, stack } = toStreamError(thrown)
      // Where the broker is to be mended; a full disk is not mended there.
      const why = domain === 'internal' ? { stack } : { detail }
      this.#node.logger.error('request failed', { api: handler.api.name, code, reason: message, ...why })
      const error = diskCodes.has(code) ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_SERVER_ERROR'
      return handler.refuse(body, kafkaErrorCode(error), call)
    }
  }

  #encode({ handler, start }: Request, response: Answer<unknown>): Outcome {
    if (response === undefined) return none
    const { correlationId, apiVersion } = start
    try {
      // A handler's answer is an object, or undefined for none.
      const frame = encodeResponseFrame(handler.api, response as object, { correlationId, apiVersion })
      return { kind: 'answer', frame }
    } catch (thrown) {
      const { code, message } = toStreamError(thrown)
      this.#node.logger.error('answer cannot be written', {
        api: handler.api.name,
        apiVersion,
        code,
        reason: message,
      })
      return cut
    }
  }

  async #break(request: Request, fault: Fault): Promise<Outcome> {
    const { handler, body, call } = request
    this.#node.logger.debug('fault', { api: handler.api.name, client: call.clientId, ...fault })
    switch (fault.kind) {
      case 'drop':
        if (fault.when === 'after') await this.#handle(request)
        return { kind: 'stall' }
      case 'delay': {
        const delayMs = this.#faults.delayMs(fault)
        if (fault.when === 'before') await sleep(call.node.clock, delayMs, call.closed)
        const outcome = await this.#answer(request)
        if (fault.when === 'after') await sleep(call.node.clock, delayMs, call.closed)
        return outcome
      }
      case 'duplicate':
        await this.#handle(request)
        return this.#answer(request)
      case 'throttle': {
        const answer = await this.#handle(request)
        return this.#encode(request, answer && { ...answer, throttleTimeMs: fault.throttleMs })
      }
      case 'error':
        if (fault.when === 'after') await this.#handle(request)
        return this.#encode(request, handler.refuse(body, kafkaErrorCode(fault.error), call))
      case 'cut':
        if (fault.when === 'after') await this.#handle(request)
        return cut
    }
  }
}

function topVersion({ api, maxVersion }: AnyHandler): number {
  return maxVersion ?? api.maxVersion
}
