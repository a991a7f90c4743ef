/** Lets sockets, timers and promises have their turn. */
export function yieldToSockets(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
