/**
 * A schema registry and its clients in the test's thread and time: the embedded server answers, nothing goes over a socket, and requests
 * fail as the test wants.
 */
import { ManualClock } from '../base/manual-clock.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom, type Random } from '../base/random.ts'
import type { SchemaRegistry } from '../registry/contracts.ts'
import type { HttpRequest, HttpResponse } from '../registry/http.ts'
import { openRegistry, type Transport } from '../registry/open-registry.ts'
import { RegistryServer } from '../registry/registry-server.ts'
import type { RegistrySettings } from '../registry/settings.ts'

export interface SentRequest extends HttpRequest {
  readonly url: string
}

/** What goes wrong with a request: an answer of another, what the network throws, or no answer at all. */
export type Outcome = HttpResponse | Error | 'silence'

/** The way to the server, and what happens on it. */
export class RegistryLink implements Transport {
  readonly sent: SentRequest[] = []
  /** Taken one by one, before {@link RegistryLink.always}. */
  readonly outcomes: Outcome[] = []
  /** Happens to every request as long as it is set: a registry that is down, or silent. */
  always: Outcome | undefined = undefined
  readonly #server: RegistryServer

  constructor(server: RegistryServer) {
    this.#server = server
  }

  send(url: string, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    this.sent.push({ ...request, url })
    const outcome = this.outcomes.shift() ?? this.always
    if (outcome === undefined) {
      const target = new URL(url).pathname.replace(/\/$/, '') + request.target
      return this.#server.exchange({ ...request, target })
    }
    if (outcome instanceof Error) return Promise.reject(outcome)
    if (outcome !== 'silence') return Promise.resolve(outcome)
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  }

  close(): void {}
}

export interface TestRegistryOptions {
  readonly server?: RegistryServer
  readonly clock?: ManualClock
  readonly random?: Random
}

export interface TestRegistry {
  readonly registry: SchemaRegistry
  readonly link: RegistryLink
  readonly clock: ManualClock
  readonly server: RegistryServer
}

/** A client, set as it is given, of a server that keeps its schemas in memory. */
export async function openTestRegistry(
  settings: RegistrySettings,
  options: TestRegistryOptions = {},
): Promise<TestRegistry> {
  const server = options.server ?? (await RegistryServer.open({ logger: silentLogger }))
  const clock = options.clock ?? new ManualClock()
  const link = new RegistryLink(server)
  const random = options.random ?? seededRandom(1)
  return { registry: openRegistry(settings, { clock, random, transport: link }), link, clock, server }
}

/** Lets time pass until a promise is settled. */
export async function whileTimePasses<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const progress = { settled: false }
  const done = (): void => {
    progress.settled = true
  }
  promise.then(done, done)
  for (let round = 0; round < 1000 && !progress.settled; round++) await clock.advance(100)
  return promise
}
