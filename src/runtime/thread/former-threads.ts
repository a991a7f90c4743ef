import type { Logger } from '../../base/logger.ts'
import type { Admin } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import type { ApplicationOptions } from '../options.ts'

interface Looking {
  readonly admin: Pick<Admin, 'describeGroup' | 'removeMembers'>
  readonly processId: string
  readonly options: Pick<ApplicationOptions, 'applicationId' | 'names' | 'threads'>
  readonly logger: Logger
  /** Ends what a thread had open when its process ended. @param index - from 0 */
  readonly endTransaction: (index: number) => Promise<void>
}

/**
 * A process that comes back with fewer threads takes the places of the others out of the group. Members keep their places, so that a thread
 * that comes back has its tasks at once; those that do not come back would keep theirs until their session is over, and nobody would read
 * their partitions.
 */
export async function dropFormerThreads(looking: Looking): Promise<void> {
  const { admin, processId, options, logger, endTransaction } = looking
  const groupId = nameInCluster(options.applicationId, options.names.group)
  const group = await admin.describeGroup(groupId)
  const numbers = (group?.members ?? [])
    .map(({ instanceId }) => numberIn(instanceId, processId))
    .filter((number) => number > options.threads)
    .toSorted((one, other) => one - other)
  if (numbers.length === 0) return
  // First, as for a thread that comes back: offsets that are pending keep the next owner waiting.
  for (const number of numbers) await endTransaction(number - 1)
  await admin.removeMembers(
    groupId,
    numbers.map((number) => `${processId}-${number}`),
  )
  logger.info('this process has fewer threads than before: the others are taken out of the group', {
    threads: options.threads,
    former: numbers,
  })
}

/** Which thread of the process a member is, from 1; 0: none. */
function numberIn(instanceId: string | undefined, processId: string): number {
  const begin = `${processId}-`
  const rest = instanceId?.startsWith(begin) === true ? instanceId.slice(begin.length) : ''
  return /^\d+$/.test(rest) ? Number(rest) : 0
}
