/** Where a command writes: data to standard output, everything about the run to standard error. */
export interface Output {
  /** One line of the command's result. */
  line(text: string): void
  /** One line about the run. */
  note(text: string): void
  /** Whether a person watches: notes may then be replaced by newer ones. */
  readonly interactive: boolean
  /** Replaces the last status line; does nothing where nobody watches. */
  status(text: string): void
}

const clearLine = '\r\u001b[2K'

export function processOutput(): Output {
  const interactive = process.stderr.isTTY && process.stdout.isTTY
  let statusShown = false
  const clear = (): void => {
    if (statusShown) process.stderr.write(clearLine)
    statusShown = false
  }
  return {
    interactive,
    line: (text) => {
      clear()
      process.stdout.write(`${text}\n`)
    },
    note: (text) => {
      clear()
      process.stderr.write(`${text}\n`)
    },
    status: (text) => {
      if (!interactive) return
      process.stderr.write(clearLine + text.slice(0, Math.max(20, process.stderr.columns - 1)))
      statusShown = true
    },
  }
}
