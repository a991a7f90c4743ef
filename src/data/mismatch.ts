/** Why a value does not fit a type: an expected outcome, not an exception. */
export class Mismatch {
  readonly reason: string
  /** Where in the value, from the outside in: `.lines[3].amount`. */
  path = ''

  /** @param reason - completes "the result is …" */
  constructor(reason: string) {
    this.reason = reason
  }

  inside(step: string): this {
    this.path = step + this.path
    return this
  }
}
