import type { KeyRange, TimeRange, WindowStore } from './contracts.ts'
import type { Keying } from './keying.ts'
import { boundBytes, type StoreFacts } from './store-facts.ts'
import type { TimedBounds } from './timed-scan.ts'

export type WindowFacts = StoreFacts & Pick<WindowStore, 'timestamped' | 'windowSizeMs' | 'retentionMs'>

/** What every window store says of itself, whatever stands behind it. */
export abstract class WindowFacade {
  readonly kind = 'window'
  readonly name: string
  readonly persistent: boolean
  readonly caching: boolean
  readonly timestamped: boolean
  readonly windowSizeMs: number
  readonly retentionMs: number

  constructor(facts: WindowFacts) {
    this.name = facts.name
    this.persistent = facts.persistent
    this.caching = facts.caching
    this.timestamped = facts.timestamped
    this.windowSizeMs = facts.windowSizeMs
    this.retentionMs = facts.retentionMs
  }

  protected boundsOf(coding: Keying, keys: KeyRange<unknown>, times: TimeRange): TimedBounds {
    return {
      ...times,
      keyFrom: boundBytes(this.name, coding, keys.from),
      keyTo: boundBytes(this.name, coding, keys.to),
    }
  }
}
