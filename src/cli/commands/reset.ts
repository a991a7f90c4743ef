import { createInterface } from 'node:readline/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { StreamError } from '../../base/errors.ts'
import { hasStoredState, holdStoredState, type HeldState } from '../../runtime/stored-state.ts'
import type { Admin } from '../../kafka/contracts.ts'
import { openCluster } from '../cluster.ts'
import { warnings } from '../logger.ts'
import { withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'

interface ResetOptions extends ClusterOptions {
  readonly stateDir: string
  readonly yes?: true
}

export function addResetCommand(program: Command, output: Output): void {
  withBootstrap(
    program
      .command('reset')
      .description(
        'make an application begin anew: its offsets, internal topics and state on this disk are deleted',
      )
      .argument('<application-id>'),
  )
    .option('--state-dir <folder>', 'the folder that it runs with', join('.weft', 'state'))
    .option('--yes', 'do not ask')
    .action(async (applicationId: string, options: ResetOptions) => {
      process.exitCode = await reset(applicationId, options, output)
    })
}

async function reset(applicationId: string, options: ResetOptions, output: Output): Promise<number> {
  await using cluster = openCluster(options, warnings(output))
  const { admin } = cluster.kafka
  const topics = await internalTopics(admin, applicationId)
  const hasGroup = (await admin.describeGroup(applicationId)) !== undefined
  const hasState = hasStoredState(options.stateDir, applicationId)
  if (topics.length === 0 && !hasGroup && !hasState) throw nothingOf(applicationId, options.stateDir)
  for (const topic of topics) output.note(`topic ${topic}`)
  if (hasGroup) output.note(`offsets of group ${applicationId}`)
  if (hasState) output.note(`state below ${options.stateDir}`)
  if (options.yes !== true && !(await confirmed(applicationId, output))) {
    output.note('nothing was deleted')
    return exitCode.failed
  }
  // First what a running process still holds: when one does, nothing is deleted at all. Last what says who was here.
  const held = holdStoredState(options.stateDir, applicationId)
  try {
    await deleteGroup(admin, applicationId, held)
    await admin.deleteTopics(topics)
    held?.erase()
  } catch (error) {
    held?.release()
    throw error
  }
  output.line(`${applicationId} begins anew`)
  return exitCode.done
}

/** A process that has stopped keeps its place in the group for a while: the one of this folder is known not to run. */
async function deleteGroup(admin: Admin, groupId: string, held: HeldState | undefined): Promise<void> {
  const group = await admin.describeGroup(groupId)
  if (group === undefined) return
  const isOwn = (instanceId: string | undefined): boolean =>
    held !== undefined && instanceId?.startsWith(`${held.processId}-`) === true
  const others = group.members.filter(({ instanceId }) => !isOwn(instanceId))
  if (others.length > 0) throw runsElsewhere(groupId, others)
  await admin.removeMembers(
    groupId,
    group.members.flatMap(({ instanceId }) => instanceId ?? []),
  )
  await admin.deleteGroup(groupId)
}

function runsElsewhere(
  groupId: string,
  members: readonly { readonly clientId: string; readonly clientHost: string }[],
): StreamError {
  return new StreamError(
    'STATE_LOCKED',
    `application "${groupId}" has members that this folder knows nothing of`,
    {
      detail: members.map(({ clientId, clientHost }) => `"${clientId}" at ${clientHost}`).join(', '),
      hint: 'Stop them. One that has stopped without "--leave" keeps its place for the session timeout, 45 s by default. Nothing was deleted.',
    },
  )
}

function nothingOf(applicationId: string, stateDir: string): StreamError {
  return new StreamError('USAGE_INVALID', `there is nothing of an application "${applicationId}"`, {
    detail: `The cluster has neither its group nor its topics, and "${stateDir}" has no state of it.`,
    hint: 'Its id is the name of the query or file, and stands in each line of its log.',
  })
}

/** Without those of applications whose ids begin with this one and a hyphen: their topics' names do so, too. */
async function internalTopics(admin: Admin, applicationId: string): Promise<string[]> {
  const [topics, groups] = await Promise.all([admin.listTopics(), admin.listGroups()])
  const others = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(`${applicationId}-`))
  return topics
    .map(({ name }) => name)
    .filter((name) => isInternal(name, applicationId) && !others.some((other) => isInternal(name, other)))
}

/** Kafka Streams' names of the topics that it makes itself. */
function isInternal(topic: string, applicationId: string): boolean {
  return topic.startsWith(`${applicationId}-`) && /-(changelog|repartition)$/.test(topic)
}

async function confirmed(applicationId: string, output: Output): Promise<boolean> {
  if (!output.interactive) {
    throw new StreamError('USAGE_INVALID', 'nobody is there to be asked', {
      hint: 'Say "--yes" to delete all of this.',
    })
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await lines.question(`Type ${applicationId} to delete all of this: `)).trim() === applicationId
  } finally {
    lines.close()
  }
}
