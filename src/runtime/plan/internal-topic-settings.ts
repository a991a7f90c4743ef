import { toStreamError, type StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Admin, NewTopic } from '../../kafka/contracts.ts'
import type { TopicPlan } from './topic-plan.ts'

type Settings = Readonly<Record<string, string>>

const policy = 'cleanup.policy'
const retention = 'retention.ms'
const compactionLag = 'min.compaction.lag.ms'
const timestampType = 'message.timestamp.type'

/**
 * Internal topics keep the settings that an earlier definition made them with: where they would let go of what this one promises to keep,
 * they are given its own. What keeps more than is needed is left, and so is all that an operator may tune.
 */
export async function keepWhatIsPromised(
  admin: Pick<Admin, 'topicSettings' | 'alterTopicConfigs'>,
  plan: Pick<TopicPlan, 'internalTopics' | 'madeTopics'>,
  logger: Logger,
): Promise<void> {
  const former = plan.internalTopics.filter(({ name }) => !plan.madeTopics.has(name))
  const names = former.map(({ name }) => name)
  let present: ReadonlyMap<string, Settings>
  try {
    present = await admin.topicSettings(names, [policy, retention, compactionLag, timestampType])
  } catch (thrown) {
    logger.warn('settings of internal topics could not be read: whether they keep enough is not known', {
      topics: names,
      ...factsOf(passable(thrown)),
    })
    return
  }
  for (const { name, configs } of former) {
    const settings = present.get(name)
    if (settings !== undefined) await alter(admin, { topic: name, settings, wanted: configs }, logger)
  }
}

async function alter(
  admin: Pick<Admin, 'alterTopicConfigs'>,
  { topic, settings, wanted }: Compared,
  logger: Logger,
): Promise<void> {
  const to = shortfall(settings, wanted)
  const changed = Object.keys(to)
  if (changed.length === 0) return
  const from = Object.fromEntries(changed.map((name) => [name, settings[name]]))
  try {
    await admin.alterTopicConfigs(topic, to)
    logger.info('an internal topic kept less than the definition needs: its settings are changed', {
      topic,
      from,
      to,
    })
  } catch (thrown) {
    const listed = Object.entries(to).map(([name, value]) => `${name}=${value}`)
    logger.warn(
      'an internal topic keeps less than the definition needs, and its settings cannot be changed',
      {
        topic,
        from,
        to,
        ...factsOf(passable(thrown)),
        hint: `Let this user alter the settings of the topic and start again, or set them: ${listed.join(' ')}. Until then the topic loses what a store or its input needs after a restart elsewhere.`,
      },
    )
  }
}

interface Compared {
  readonly topic: string
  readonly settings: Settings
  readonly wanted: NewTopic['configs']
}

/** What must be set so that nothing is deleted, compacted away or given another time that is still needed. */
export function shortfall(present: Settings, wanted: Settings): Record<string, string> {
  const wantedPolicies = listed(wanted[policy])
  const isPolicyWrong = listed(present[policy]).some((one) => !wantedPolicies.includes(one))
  const policies = isPolicyWrong ? wantedPolicies : listed(present[policy])
  const isShort: Readonly<Record<string, (has: string, needs: string) => boolean>> = {
    [policy]: () => isPolicyWrong,
    [retention]: (has, needs) => policies.includes('delete') && keptMs(has) < keptMs(needs),
    [compactionLag]: (has, needs) => policies.includes('compact') && Number(has) < Number(needs),
    [timestampType]: (has, needs) => has !== needs,
  }
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, needs]) => {
      const has = present[name]
      return has !== undefined && isShort[name]?.(has, needs) === true
    }),
  )
}

function listed(policies: string | undefined): string[] {
  return (policies ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** −1: for ever. */
function keptMs(retentionMs: string): number {
  return Number(retentionMs) < 0 ? Number.POSITIVE_INFINITY : Number(retentionMs)
}

/** What another try would not mend, and what the application can run with. */
function passable(thrown: unknown): StreamError {
  const error = toStreamError(thrown)
  if (error.retry !== 'never' || error.domain === 'internal') throw error
  return error
}

function factsOf({ code, message, hint }: StreamError): Record<string, unknown> {
  return { code, error: message, ...(hint === undefined ? {} : { hint }) }
}
