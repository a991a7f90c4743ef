import { silentLogger } from '../../src/base/logger.ts'
import type { LogFields, Logger } from '../../src/base/logger.ts'
import { seededRandom } from '../../src/base/random.ts'
import { TestCluster } from '../../src/testing/cluster.ts'
import { audit } from './audit/audit.ts'
import { describePlan, drawPlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { Run } from './run.ts'
import type { Trace } from './trace.ts'

export interface Outcome {
  /** What is wrong; empty if nothing. */
  readonly wrong: readonly string[]
  /** What was run, in one line. */
  readonly plan: string
  readonly virtualMs: number
  /** How often each deed was done at each step. */
  readonly deeds: ReadonlyMap<string, number>
}

export interface SimulationOptions {
  readonly trace?: Trace | undefined
  /** Part of the names of the topologies to draw from. */
  readonly only?: string
}

/**
 * Runs one seed: a cluster, one to four processes, input, and trouble. Then the trouble ends, and what came out is held against what
 * went in. The same seed is the same run, step by step.
 */
export async function simulate(seed: number, { trace, only }: SimulationOptions = {}): Promise<Outcome> {
  const random = seededRandom(seed)
  const plan = drawPlan(random, only)
  const errors = new Errors()
  const logger = errors.noting(trace?.logger() ?? silentLogger)
  const cluster = new TestCluster({ seed, logger, broker: plan.broker, time: 'jump' })
  trace?.begin(cluster.clock)
  const startMs = cluster.clock.nowMs()
  const run = new Run({
    cluster,
    random,
    plan,
    topology: await plan.simulated.topology(plan.variant),
    tell: (who, what) => trace?.add(who, what),
    lastError: (processId) => errors.last.get(processId),
  })
  const wrong = await wrongWith(run, plan).catch((error: unknown) => [
    `the run itself failed: ${String(error)}`,
  ])
  const virtualMs = cluster.clock.nowMs() - startMs
  return { wrong: [...wrong, ...errors.broken], plan: describePlan(plan), virtualMs, deeds: run.deeds }
}

async function wrongWith(run: Run, plan: Plan): Promise<string[]> {
  await run.begin()
  await run.trouble()
  const stuck = await run.rest()
  return stuck.length > 0 ? stuck : audit(plan.simulated, await run.evidence())
}

/** What the engine says of itself. */
class Errors {
  /** Invariants that broke, even where a restart hid it. */
  readonly broken: string[] = []
  /** By process. */
  readonly last = new Map<string, string>()

  noting(logger: Logger, bound: LogFields = {}): Logger {
    return {
      ...logger,
      error: (message, fields) => {
        const { code, error, process } = { ...bound, ...fields }
        this.last.set(String(process), `${message}: ${String(code)}, ${String(error)}`)
        if (code === 'INVARIANT_BROKEN') this.broken.push(`${message}: ${String(error)}`)
        logger.error(message, fields)
      },
      with: (fields) => this.noting(logger.with(fields), { ...bound, ...fields }),
    }
  }
}
