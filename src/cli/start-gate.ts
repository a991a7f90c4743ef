import { deferred } from '../base/deferred.ts'

/**
 * Holds applications that start together until the functions of all of them are compiled: one with a function that is not sound keeps
 * the others from making topics and taking records.
 */
export class StartGate {
  readonly #compiled = deferred()
  readonly #open = deferred()
  readonly #awaited = new Set<string>()

  constructor(applicationIds: readonly string[]) {
    for (const id of applicationIds) this.#awaited.add(id)
  }

  /** Resolves when the functions of each application are compiled. */
  get compiled(): Promise<void> {
    return this.#compiled.promise
  }

  /** One of the application's threads has compiled its functions. @returns when it may go on */
  arrive(applicationId: string): Promise<void> {
    this.#awaited.delete(applicationId)
    if (this.#awaited.size === 0) this.#compiled.resolve()
    return this.#open.promise
  }

  open(): void {
    this.#open.resolve()
  }
}
