import { CleanBudget } from '../../store/clean-budget.ts'
import type { ApplicationOptions } from '../options.ts'

/** Half of it is for entries that stores keep decoded, in the JavaScript heap, the other half for buffers and caches of engines on disk. */
export function engineBytes({ state }: Pick<ApplicationOptions, 'state'>): number {
  return Math.floor(state.memoryBytes / 2)
}

/** What one stream thread's stores may keep decoded. */
export function cleanBudgetOf({
  state,
  threads,
}: Pick<ApplicationOptions, 'state' | 'threads'>): CleanBudget {
  return new CleanBudget(state.memoryBytes / 2 / threads)
}
