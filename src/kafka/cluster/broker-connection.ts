import type { BufferPool } from '../../base/buffer-pool.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
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
  readonly #requestTimeoutMs: number
  readonly #buffers: BufferPool

  private constructor(context: ClientContext, address: Address, connection: Connection, versions: Versions) {
    this.address = address
    this.versions = versions
    this.#connection = connection
    this.#requestTimeoutMs = context.requestTimeoutMs
    this.#buffers = context.buffers
  }

  /** @throws StreamError `BROKER_UNREACHABLE`, `AUTHENTICATION_FAILED`, `REQUEST_TIMED_OUT`, … */
  static async open(context: ClientContext, address: Address): Promise<BrokerConnection> {
    const connection = await context.connector.connect(address.host, address.port, context.clientId)
    try {
      const response = await askVersions(connection, context.requestTimeoutMs)
      checkResponse(response.errorCode, `ask ${addressText(address)} what it speaks`)
      const versions = new Versions(addressText(address), response)
      return new BrokerConnection(context, address, connection, versions)
    } catch (error) {
      await connection.close()
      throw error
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
    const version = this.versions.pick(api, options.maxVersion)
    const writer = this.#writer(options.sizeBytes)
    api.request.encode(make(version), version, writer)
    const body = await this.#connection.send({
      apiKey: api.key,
      apiVersion: version,
      flexible: api.isFlexible(version),
      body: [writer.view()],
      timeoutMs: this.#requestTimeoutMs + (options.extraMs ?? 0),
    })
    // The broker has answered, so the request has been written out.
    this.#buffers.give(writer.buffer)
    return { response: api.response.decode(body, version), body }
  }

  #writer(sizeBytes: number | undefined): ByteWriter {
    if (sizeBytes === undefined || sizeBytes < pooledBytes) return new ByteWriter(sizeBytes)
    const writer = new ByteWriter(0)
    writer.buffer = this.#buffers.take(sizeBytes)
    return writer
  }

  /** Nobody looks at this body any more. */
  recycle(body: Buffer): void {
    this.#connection.recycle?.(body)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
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
