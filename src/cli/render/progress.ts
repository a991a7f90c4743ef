import type { Clock } from '../../base/clock.ts'
import type { Output } from '../output.ts'

/** What takes longer than this shows how far it is. */
const quietMs = 1000
const terminalEveryMs = 100
const plainEveryMs = 5000
const barWidth = 24

/** Shows how far a long work is: a bar on a terminal, a line every few seconds elsewhere, nothing for what is soon done. */
export interface Progress {
  /** @param total - undefined where the end is not known */
  report(done: number, total: number | undefined): void
  finish(): void
}

export function startProgress(label: string, output: Output, clock: Clock): Progress {
  const startMs = clock.monotonicMs()
  const everyMs = output.interactive ? terminalEveryMs : plainEveryMs
  let shownMs = startMs + quietMs - everyMs
  return {
    report: (done, total) => {
      const nowMs = clock.monotonicMs()
      if (nowMs - shownMs < everyMs) return
      shownMs = nowMs
      const state = { done, total, elapsedMs: nowMs - startMs }
      if (output.interactive) output.status(progressText(label, state, progressBar))
      else output.note(progressText(label, state, () => ''))
    },
    finish: () => output.status(''),
  }
}

interface ProgressState {
  readonly done: number
  readonly total: number | undefined
  readonly elapsedMs: number
}

function progressBar(share: number): string {
  return `[${'#'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '.')}] `
}

export function progressText(
  label: string,
  { done, total, elapsedMs }: ProgressState,
  bar: (share: number) => string = progressBar,
): string {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const rate = `${formatCount(Math.round(perSecond))}/s`
  if (total === undefined || total === 0) return `${label}  ${formatCount(done)}  ${rate}`
  const share = Math.min(1, done / total)
  const left = perSecond > 0 ? `  ${Math.ceil((total - done) / perSecond)} s left` : ''
  return `${label}  ${bar(share)}${Math.floor(share * 100)} %  ${formatCount(done)} of ${formatCount(total)}  ${rate}${left}`
}

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}
