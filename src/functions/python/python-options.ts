/** What Python functions may do beyond computing. By default: nothing. */
export interface PythonOptions {
  /** A folder whose `.py` files can be imported; they are copied into the interpreter when it starts. */
  readonly modulePath?: string
  /** Shows the process's environment variables in `os.environ`. */
  readonly inheritEnvironmentVariables?: boolean
  /** Where a memory snapshot of a fresh interpreter is kept (some 30 MB), so that the next start is fast. */
  readonly snapshotFolder?: string
}
