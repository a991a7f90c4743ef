import { StreamError } from '../base/errors.ts'

/** What an engine has found of how its files are written, where it is not what this engine reads and writes. */
export interface OtherFormat {
  /** The file or folder. */
  readonly path: string
  readonly found: number
  readonly own: number
}

/**
 * Versions of an engine are for what it cannot read otherwise. Where only entries stand in another way, `layoutVersion` is raised instead: such
 * stores are rebuilt. Whoever raises one of an engine reads the former there, or empties what it finds; there has been none yet.
 */
export function otherFormat({ path, found, own }: OtherFormat): StreamError {
  const whose = found > own ? 'A newer version of Weft wrote it' : 'It was not written by any version of Weft'
  return new StreamError('STATE_VERSION', `state in "${path}" has format ${found}`, {
    detail: `${whose}; this one reads and writes format ${own}. It is left as it is.`,
    hint: 'Run the version of Weft that wrote it. Or delete it and start again: what has a change log is rebuilt from there.',
  })
}
