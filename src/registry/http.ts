/** HTTP as data: what a client sends and a server answers, over a socket or in the same thread. */

export interface HttpRequest {
  readonly method: string
  /** Path and query, beginning with a slash. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}
