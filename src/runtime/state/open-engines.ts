import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Metrics } from '../../base/metrics.ts'
import { chooseEngine, engineKinds, ProcessEngines, type EngineKind } from '../../store/state-engines.ts'
import type { Topology } from '../../topology/topology.ts'
import { engineBytes } from './state-memory.ts'
import { applicationFolder } from '../identity/process-identity.ts'
import type { ApplicationOptions, Surroundings } from '../options.ts'

/** Whether an application keeps anything on disk. */
export function needsEngines(
  topology: Topology,
  options: Pick<ApplicationOptions, 'identity' | 'state'>,
  surroundings: Pick<Surroundings, 'engines'>,
): boolean {
  if (surroundings.engines !== undefined || options.identity.kind !== 'folder') return false
  return options.state.engine !== 'memory' && topology.stores.some((store) => store.persistent)
}

/**
 * Opens the engines of an application's stores on disk and says which they are.
 *
 * @throws StreamError `STORE_DRIVER_MISSING`, `STATE_LOCKED`, `STORE_CORRUPT`, `STORE_UNWRITABLE`, `STORE_FULL`
 */
export async function openEngines(
  options: ApplicationOptions,
  { logger }: Pick<Surroundings, 'logger'>,
): Promise<ProcessEngines | undefined> {
  const { applicationId, identity, state } = options
  if (identity.kind !== 'folder' || state.engine === 'memory') return undefined
  const { kind, why } = chooseEngine(state.engine)
  const folder = applicationFolder(identity.stateDir, applicationId)
  const engines = await ProcessEngines.open({ kind, folder, budgetBytes: engineBytes(options) })
  logger.info('state engine', { engine: kind, why, folder, memoryBytes: state.memoryBytes })
  sayUnused(options, { logger }, kind)
  return engines
}

/**
 * Warns of what engines have left that are not used any more. It is not deleted: what has no change log may be nowhere else.
 *
 * @param used - undefined: none is
 */
export function sayUnused(
  { applicationId, identity }: Pick<ApplicationOptions, 'applicationId' | 'identity'>,
  { logger }: Pick<Surroundings, 'logger'>,
  used: EngineKind | undefined,
): void {
  if (identity.kind !== 'folder') return
  for (const engine of engineKinds) {
    const folder = join(applicationFolder(identity.stateDir, applicationId), engine)
    if (engine === used || !existsSync(folder)) continue
    logger.warn('stores of an engine that is not used stay on this disk', {
      engine,
      folder,
      why: 'the definition or state.engine was another one; "weft state" lists them, and who misses none may delete the folder',
    })
  }
}

/** What the engines take beside the JavaScript heap, and what they may. */
export function registerEngineMetrics(
  metrics: Metrics,
  engines: ProcessEngines | undefined,
  budgetBytes: number,
): void {
  metrics.gauge(
    'weft_state_memory_bytes',
    'Memory of stores on disk outside the JavaScript heap: buffers and caches',
    () => engines?.memoryBytes ?? 0,
  )
  metrics.gauge('weft_state_memory_budget_bytes', 'What that memory may grow to', () => budgetBytes)
}
