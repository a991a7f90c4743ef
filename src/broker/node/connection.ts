import { deferred, type Deferred } from '../../base/deferred.ts'
import { StreamError } from '../../base/errors.ts'
import type { Dispatcher, Peer } from './dispatcher.ts'

/**
 * One client's connection, whatever carries its bytes. Requests are served one at a time, in their order, as Kafka does: a
 * fetch that waits holds back what comes after it.
 */
export class Connection {
  readonly #dispatcher: Dispatcher
  readonly #peer: Peer
  readonly #closing = new AbortController()
  readonly #waiting = new Set<Deferred<readonly Buffer[] | undefined>>()
  #turn: Promise<void> = Promise.resolve()
  #finished = false

  constructor(dispatcher: Dispatcher, peer: Pick<Peer, 'host' | 'nodeId' | 'addressOf' | 'session'>) {
    this.#dispatcher = dispatcher
    this.#peer = {
      ...peer,
      closed: this.#closing.signal,
      disconnect: () => this.close(),
      finish: () => {
        this.#finished = true
      },
    }
  }

  /** Aborted when the connection has ended, by whichever side. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** Whether nothing is served any more: whoever carries the bytes closes the connection when the last answer is out. */
  get finished(): boolean {
    return this.#finished
  }

  /** Whether it is known who is at the other end; until then, requests are small. */
  get settled(): boolean {
    return this.#peer.session.settled
  }

  /**
   * Has a request served.
   *
   * @param frame - a whole request without its size; it must not be changed afterwards
   * @returns the answer's frame with its size in front, in parts; undefined for a request that has none
   * @throws StreamError `CONNECTION_CLOSED` when the connection has ended or ends before the answer
   */
  request(frame: Buffer): Promise<readonly Buffer[] | undefined> {
    const answer = deferred<readonly Buffer[] | undefined>()
    if (this.#closing.signal.aborted) answer.reject(connectionClosed())
    else {
      this.#waiting.add(answer)
      this.#turn = this.#turn.then(() => this.#serve(frame, answer))
    }
    return answer.promise
  }

  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    for (const answer of this.#waiting) answer.reject(connectionClosed())
    this.#waiting.clear()
  }

  async #serve(frame: Buffer, answer: Deferred<readonly Buffer[] | undefined>): Promise<void> {
    if (this.#closing.signal.aborted) return
    if (this.#finished) return this.close()
    const outcome = await this.#dispatcher.serve(frame, this.#peer)
    switch (outcome.kind) {
      case 'answer':
        answer.resolve(outcome.frame)
        break
      case 'none':
        answer.resolve(undefined)
        break
      case 'cut':
        this.close()
        break
      case 'stall':
        // Nothing behind this request is served until the client ends the connection.
        await new Promise<void>((resolve) => {
          this.#closing.signal.addEventListener('abort', () => resolve(), { once: true })
        })
    }
    this.#waiting.delete(answer)
  }
}

function connectionClosed(): StreamError {
  return new StreamError('CONNECTION_CLOSED', 'broker closed the connection')
}
