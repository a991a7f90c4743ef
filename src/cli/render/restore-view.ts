import type { Clock } from '../../base/clock.ts'
import type { RestoreProgress } from '../../runtime/application.ts'
import type { Output } from '../output.ts'
import { startProgress, type Progress } from './progress.ts'

interface StoreView {
  readonly progress: Progress
  readonly byTask: Map<string, RestoreProgress>
}

/** Shows how far restores are: each store as the sum over its tasks, until nothing of it remains. */
export function restoreView(output: Output, clock: Clock): (progress: RestoreProgress) => void {
  const views = new Map<string, StoreView>()
  return (news) => {
    const { store, task } = news
    const view = views.get(store) ?? {
      progress: startProgress(`restore ${store}`, output, clock),
      byTask: new Map<string, RestoreProgress>(),
    }
    views.set(store, view)
    view.byTask.set(task, news)
    let records = 0
    let remaining = 0
    for (const one of view.byTask.values()) {
      records += one.records
      remaining += one.remaining
    }
    view.progress.report(records, records + remaining)
    if (remaining > 0) return
    view.progress.finish()
    views.delete(store)
  }
}
