/** A user function, ready to be called by one task in one thread. */
export interface BoundFunction {
  /**
   * Arguments as the kind lists them; plain values or lazy ones, which the function's language materialises as it likes.
   *
   * @returns the result, converted to the declared result type
   * @throws StreamError `FUNCTION_FAILED` with the function's name, the author's file and line, and the cause
   */
  call(args: readonly unknown[]): unknown
}
