/** What a server makes of a client's token. */
export type SaslStep =
  | { readonly kind: 'more'; readonly token: Buffer }
  | { readonly kind: 'done'; readonly token: Buffer; readonly user: string }
  /** The reason is for the log: a client learns only that it failed. */
  | { readonly kind: 'failed'; readonly reason: string; readonly user?: string }

/** The server's side of one authentication. */
export interface SaslExchange {
  answer(token: Buffer): SaslStep
}
