/** HTTP requests over sockets that are kept open, with TLS as the settings want it. */
import type { IncomingMessage } from 'node:http'
import { openSecureContext } from '../../base/secure-context.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import type { RegistryTls } from '../settings.ts'

/** Sends a request to one of the registry's addresses; throws whatever the network throws. */
export interface Transport {
  send(url: string, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>
  close(): void
}

const socketsMax = 8
/** An answer that is larger is none of a registry. */
const answerBytesMax = 16 * 1024 * 1024

/** @throws StreamError `CONFIG_INVALID` for certificates or a key that cannot be used */
export function socketTransport(tls: RegistryTls | undefined): Transport {
  // Not imported: that would load what Node has for browsers' requests, too, at every start, most of which need no registry.
  const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule('node:http')
  const { Agent: HttpsAgent, request: httpsRequest } = process.getBuiltinModule('node:https')
  const http = new HttpAgent({ keepAlive: true, maxSockets: socketsMax })
  const https = new HttpsAgent({
    keepAlive: true,
    maxSockets: socketsMax,
    ...(tls === undefined ? {} : { secureContext: openSecureContext(tls) }),
    rejectUnauthorized: tls?.verify ?? true,
  })
  return {
    send: (url, request, signal) => {
      const secure = url.startsWith('https:')
      const options = {
        method: request.method,
        headers: { ...withoutUndefined(request.headers), 'content-length': request.body.length },
        signal,
        agent: secure ? https : http,
      }
      return new Promise((resolve, reject) => {
        const target = new URL(url.replace(/\/+$/, '') + request.target)
        const sent = (secure ? httpsRequest : httpRequest)(target, options, (response) => {
          readAnswer(response).then(resolve, reject)
        })
        sent.on('error', reject)
        sent.end(request.body)
      })
    },
    close: () => {
      http.destroy()
      https.destroy()
    },
  }
}

function withoutUndefined(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}

async function readAnswer(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > answerBytesMax) throw new Error(`the answer is larger than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers as Readonly<Record<string, string | undefined>>,
    body: Buffer.concat(chunks),
  }
}
