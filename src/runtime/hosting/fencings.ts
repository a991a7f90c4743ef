import { StreamError } from '../../base/errors.ts'
import { isInstanceFenced } from '../../kafka/instance-fenced.ts'
import { threadName } from '../thread/connect-thread.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'

/** One may be by a former life of our own whose request was late. Two processes go on for ever: each takes the place back. */
const fencingsMax = 5

/**
 * Counts how often a thread lost its place to somebody who calls himself the same. Commits in between say nothing: both get some done. Each
 * hears of it at a heartbeat, of which a session has several; what is longer ago than two sessions was another trouble.
 */
export class Fencings {
  readonly #parts: ThreadParts
  #inRow = 0
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(parts: ThreadParts) {
    this.#parts = parts
  }

  /** @throws StreamError `MEMBER_FENCED` where this was one too many */
  check(error: StreamError): void {
    if (!isInstanceFenced(error)) return
    const { options, surroundings } = this.#parts
    const nowMs = surroundings.clock.monotonicMs()
    this.#inRow = nowMs - this.#lastMs > 2 * options.sessionTimeoutMs ? 1 : this.#inRow + 1
    this.#lastMs = nowMs
    if (this.#inRow >= fencingsMax) throw this.#sameIdentity(error)
  }

  #sameIdentity(cause: StreamError): StreamError {
    const name = threadName(this.#parts)
    const { applicationId } = this.#parts.options
    return new StreamError('MEMBER_FENCED', `another process runs "${applicationId}" as "${name}", too`, {
      detail: `It took over this thread's place in the group ${fencingsMax} times in a row. Two processes have one identity: mostly one runs on a copy of the other's state folder.`,
      hint: `Delete the file "process-id" of the application in one of the two state folders, or give that process an empty folder, and start it again.`,
      cause,
    })
  }
}
