import type { Api, DeepPartial } from '../../protocol/api.ts'
import type { NodeState } from '../node/node-state.ts'
import type { Requester } from '../security/authorizer.ts'
import type { Session } from '../security/session.ts'
import type { Demand } from './demand.ts'

/** What a handler may know of a request beside its body. */
export interface Call {
  readonly node: NodeState
  /** Which node was asked. */
  readonly nodeId: number
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  /** Who asks. */
  readonly requester: Requester
  /** The nodes, those that run where nothing is said, and where this client reaches them: what it is told to connect to. */
  endpoints(which?: 'running' | 'all'): readonly NodeEndpoint[]
  /** Aborted when the connection ends: nobody waits for the answer any more. */
  readonly closed: AbortSignal
  /** What the node speaks, for ApiVersions. */
  readonly supported: readonly SupportedApi[]
  /** How the client authenticates itself. */
  readonly session: Session
  /** Ends the connection, where the protocol has no other way to say that something went wrong. */
  disconnect(): void
  /** Ends the connection when this request has been answered. */
  finish(): void
}

export interface SupportedApi {
  readonly key: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** One Kafka API, as this broker answers it. */
export interface ApiHandler<Request, Response> {
  readonly api: Api<Request, Response>
  /** The oldest version answered, where the tables reach further down. */
  readonly minVersion?: number
  /** The newest version answered, where the tables reach further up. */
  readonly maxVersion?: number
  /** What ApiVersions says is the oldest one, where clients must be told something else. */
  readonly advertisedMinVersion?: number
  /** What the whole request stands on; where one of these is not given, it is refused before it is handled. */
  demands?(request: Request): readonly Demand[]
  /** @returns undefined where the client waits for no answer */
  handle(request: Request, call: Call): Answer<Response> | Promise<Answer<Response>>
  /** The answer that carries this error wherever the API has a place for it. */
  refuse(request: Request, errorCode: number, call: Call): Answer<Response>
}

export type Answer<Response> = DeepPartial<Response> | undefined

/** A handler whose types the dispatcher does not need to know: it gets what its own codec decoded. */
export type AnyHandler = ApiHandler<unknown, unknown>

export function defineHandler<Request, Response>(handler: ApiHandler<Request, Response>): AnyHandler {
  return handler
}
