/** Finds what answers a request: patterns such as `/subjects/{subject}/versions`, one table for each interface. */
import { RegistryFailure } from './failure.ts'

export interface Call {
  /** The parts of the path that the pattern names, decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  /** Set where the path began with `/contexts/…`. */
  readonly context: string | undefined
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly pattern: string
  readonly answer: (call: Call) => unknown
}

type Answering = Route['answer']
export const get = (pattern: string, answer: Answering): Route => ({ method: 'GET', pattern, answer })
export const post = (pattern: string, answer: Answering): Route => ({ method: 'POST', pattern, answer })
export const put = (pattern: string, answer: Answering): Route => ({ method: 'PUT', pattern, answer })
export const remove = (pattern: string, answer: Answering): Route => ({ method: 'DELETE', pattern, answer })

/** An answer that is not JSON, or not with status 200. */
export class Answer {
  readonly status: number
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: Buffer | string, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.body = Buffer.from(body)
    this.headers = headers
  }
}

export interface Match {
  readonly route: Route
  readonly path: Readonly<Record<string, string>>
}

/** @throws RegistryFailure 404 or 405 */
export function findRoute(routes: readonly Route[], method: string, path: string): Match {
  const parts = path.split('/').filter((part) => part !== '')
  const matches = routes.flatMap((route) => {
    const found = matchParts(route.pattern.split('/').slice(1), parts)
    return found === undefined ? [] : [{ route, path: found }]
  })
  // HEAD is a GET whose body stays behind.
  const wanted = method === 'HEAD' ? 'GET' : method
  const match = matches.find(({ route }) => route.method === wanted)
  if (match !== undefined) return match
  throw matches.length === 0
    ? new RegistryFailure(404, 'HTTP 404 Not Found')
    : new RegistryFailure(405, 'HTTP 405 Method Not Allowed')
}

function matchParts(
  pattern: readonly string[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.filter((part) => part !== '')
  if (wanted.length !== parts.length) return undefined
  const found: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const given = decodePart(parts[index] ?? '')
    if (part.startsWith('{')) found[part.slice(1, -1)] = given
    else if (part !== given) return undefined
  }
  return found
}

/** @throws RegistryFailure 400 */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new RegistryFailure(400, 'The path holds an escape of no character')
  }
}
