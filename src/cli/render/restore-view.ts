import type { Clock } from '../../base/clock.ts'
import type { RestoreProgress } from '../../runtime/application.ts'
import type { Output } from '../output.ts'
import { startProgress, type Progress } from './progress.ts'

interface View {
  readonly progress: Progress
  readonly parts: Map<string, RestoreProgress>
}

/** Shows how far restores and loads are: each as the sum over the tasks or threads that do it, until nothing of it remains. */
export function restoreView(output: Output, clock: Clock): (progress: RestoreProgress) => void {
  const views = new Map<string, View>()
  return (news) => {
    const label = `${news.work} ${news.name}`
    const view = views.get(label) ?? {
      progress: startProgress(label, output, clock),
      parts: new Map<string, RestoreProgress>(),
    }
    views.set(label, view)
    view.parts.set(news.by, news)
    let records = 0
    let remaining = 0
    for (const one of view.parts.values()) {
      records += one.records
      remaining += one.remaining
    }
    view.progress.report(records, records + remaining)
    if (remaining > 0) return
    view.progress.finish()
    views.delete(label)
  }
}
