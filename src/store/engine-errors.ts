import { StreamError, type StreamErrorOptions } from '../base/errors.ts'

/** What can go wrong between an engine and its disk, whatever the engine calls it. */
export type EngineTrouble = 'locked' | 'full' | 'corrupt' | 'unwritable'

const codes = {
  locked: 'STATE_LOCKED',
  full: 'STORE_FULL',
  corrupt: 'STORE_CORRUPT',
  unwritable: 'STORE_UNWRITABLE',
} as const

const hints = {
  locked: 'Stop the other process, or give this one a state folder of its own.',
  full: 'Make room on the disk and start again: nothing that was committed is lost.',
  corrupt: 'Delete it and start again: what has a change log is rebuilt from there.',
  unwritable: 'See that the folder exists and that this process may write to it.',
} as const

export interface EngineFailure {
  readonly trouble: EngineTrouble
  readonly deed: 'open' | 'read' | 'write'
  /** The file or folder. */
  readonly path: string
  /** In the engine's own words. */
  readonly says: string
  readonly cause: unknown
}

export function engineError({ trouble, deed, path, says, cause }: EngineFailure): StreamError {
  const options: StreamErrorOptions = { detail: `${firstLine(says)}.`, hint: hints[trouble], cause }
  return new StreamError(codes[trouble], `could not ${deed} state in "${path}"`, options)
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim().replace(/\.$/, '')
}
