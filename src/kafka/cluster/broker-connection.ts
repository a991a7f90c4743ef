import { ByteWriter } from '../../base/byte-writer.ts'
import { sleep } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Api, DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import type { Connection } from '../contracts.ts'
import { addressText, type Address, type ClientContext } from './context.ts'
import { checkResponse } from './response-error.ts'
import { Versions } from './versions.ts'

export interface SendOptions {
  /** Beyond the usual request timeout: how long the broker may rightly hold the request back. */
  readonly extraMs?: number
  readonly maxVersion?: number
  /** A guess of the request's size that spares growing the buffer. */
  readonly sizeBytes?: number
}

/** A request, or how to make it where its shape depends on the version. */
export type RequestMaker<Request> = (version: number) => DeepPartial<Request>

const unsupportedVersionError = 35
/** Smaller requests are no load for the collector. */
const pooledBytes = 32_768
const software = { clientSoftwareName: 'weft', clientSoftwareVersion: '0.1.0' }

/** One connection to one broker, with the versions it speaks. */
export class BrokerConnection {
  readonly address: Address
  readonly versions: Versions
  readonly #connection: Connection
  readonly #context: ClientContext
  readonly #closing = new AbortController()
  /** Until then the broker reads nothing that is sent: a quota is exceeded. */
  #throttled: Promise<void> | undefined

  private constructor(context: ClientContext, address: Address, connection: Connection, versions: Versions) {
    this.address = address
    this.versions = versions
    this.#connection = connection
    this.#context = context
  }

  /** @throws StreamError `BROKER_UNREACHABLE`, `AUTHENTICATION_FAILED`, `REQUEST_TIMED_OUT`, … */
  static async open(context: ClientContext, address: Address): Promise<BrokerConnection> {
    const { closing } = context
    const connection = await context.connector.connect(address.host, address.port, context.clientId)
    // A client that closes does not wait for a broker that takes connections and says nothing.
    const giveUp = (): void => void connection.close()
    closing.addEventListener('abort', giveUp)
    try {
      if (closing.aborted) throw new StreamError('INTERRUPTED', 'the Kafka client is closed')
      const response = await askVersions(connection, context.requestTimeoutMs)
      checkResponse(response.errorCode, `ask ${addressText(address)} what it speaks`)
      const versions = new Versions(addressText(address), response)
      return new BrokerConnection(context, address, connection, versions)
    } catch (error) {
      await connection.close()
      throw error
    } finally {
      closing.removeEventListener('abort', giveUp)
    }
  }

  get closed(): boolean {
    return this.#connection.closed
  }

  /** Encodes with the highest version both sides know, sends, waits, decodes. Error codes in the response are the caller's. */
  async send<Request, Response>(
    api: Api<Request, Response>,
    make: RequestMaker<Request>,
    options: SendOptions = {},
  ): Promise<Response> {
    return (await this.exchange(api, make, options)).response
  }

  /** As {@link BrokerConnection.send}; byte fields of the response are views of `body`, which can be recycled. */
  async exchange<Request, Response>(
    api: Api<Request, Response>,
    make: RequestMaker<Request>,
    options: SendOptions = {},
  ): Promise<{ readonly response: Response; readonly body: Buffer }> {
    // Whoever waits first goes on first: requests keep their order.
    while (this.#throttled !== undefined) await this.#throttled
    const version = this.versions.pick(api, options.maxVersion)
    const writer = this.#writer(options.sizeBytes)
    api.request.encode(make(version), version, writer)
    const body = await this.#connection.send({
      apiKey: api.key,
      apiVersion: version,
      flexible: api.isFlexible(version),
      body: [writer.view()],
      timeoutMs: this.#context.requestTimeoutMs + (options.extraMs ?? 0),
    })
    // The broker has answered, so the request has been written out.
    this.#context.buffers.give(writer.buffer)
    const response = api.response.decode(body, version)
    const throttleMs = throttleMsOf(response)
    if (throttleMs > 0) this.#throttle(throttleMs)
    return { response, body }
  }

  #writer(sizeBytes: number | undefined): ByteWriter {
    if (sizeBytes === undefined || sizeBytes < pooledBytes) return new ByteWriter(sizeBytes)
    const writer = new ByteWriter(0)
    writer.buffer = this.#context.buffers.take(sizeBytes)
    return writer
  }

  /** Nobody looks at this body any more. */
  recycle(body: Buffer): void {
    this.#connection.recycle?.(body)
  }

  close(): Promise<void> {
    this.#closing.abort()
    return this.#connection.close()
  }

  /** Not for longer than a request may take: a broker that wants more says so again. */
  #throttle(throttleMs: number): void {
    const { clock, requestTimeoutMs, logger } = this.#context
    logger.debug('broker throttles', { address: addressText(this.address), throttleMs })
    const over = sleep(clock, Math.min(throttleMs, requestTimeoutMs), this.#closing.signal)
    const throttled = Promise.all([this.#throttled, over]).then(() => {
      if (this.#throttled === throttled) this.#throttled = undefined
    })
    this.#throttled = throttled
  }
}

/** Of any answer; the versions that are spoken with Apache Kafka 3.9 and newer leave the waiting to the client. */
function throttleMsOf(response: unknown): number {
  if (typeof response !== 'object' || response === null || !('throttleTimeMs' in response)) return 0
  return Number(response.throttleTimeMs)
}

/** A broker that lacks our version answers in version 0, which names what it has. */
async function askVersions(
  connection: Connection,
  timeoutMs: number,
): Promise<ResponseOf<typeof apis.apiVersions>> {
  const api = apis.apiVersions
  const ask = async (version: number): Promise<Buffer> => {
    const writer = new ByteWriter()
    api.request.encode(software, version, writer)
    const flexible = api.isFlexible(version)
    return connection.send({
      apiKey: api.key,
      apiVersion: version,
      flexible,
      body: [writer.view()],
      timeoutMs,
    })
  }
  const body = await ask(api.maxVersion)
  if (body.length < 2 || body.readInt16BE(0) !== unsupportedVersionError) {
    return api.response.decode(body, api.maxVersion)
  }
  const range = api.response.decode(body, 0).apiKeys.find(({ apiKey }) => apiKey === api.key)
  const version = Math.min(range?.maxVersion ?? 0, api.maxVersion)
  return api.response.decode(await ask(version), version)
}
