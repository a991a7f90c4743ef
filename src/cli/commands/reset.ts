import { createInterface } from 'node:readline/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { StreamError } from '../../base/errors.ts'
import { internalTopics } from '../../runtime/internal-topics.ts'
import { hasStoredState, holdStoredState, type HeldState } from '../../runtime/stored-state.ts'
import { plainResources, type ApplicationOptions } from '../../runtime/options.ts'
import type { Admin } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import { configOf } from '../config/run-settings.ts'
import { openCluster } from '../cluster.ts'
import { warnings } from '../logger.ts'
import { withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'

interface ResetOptions extends ClusterOptions {
  readonly config?: string
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
    .option('--config <file>', 'the runner file that it runs with: what it says of cluster, names and state')
    .option('--state-dir <folder>', 'the folder that it runs with', join('.weft', 'state'))
    .option('--yes', 'do not ask')
    .action(async (applicationId: string, options: ResetOptions, command: Command) => {
      const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
      process.exitCode = await reset(applicationId, { options, given, output })
    })
}

/** The call of the command. */
interface Call {
  readonly options: ResetOptions
  /** Whether an option was given, so that it goes before the runner file. */
  readonly given: (name: keyof ResetOptions) => boolean
  readonly output: Output
}

async function reset(applicationId: string, { options, given, output }: Call): Promise<number> {
  const config = configOf(options.config, output)
  if (config === undefined) return exitCode.wrong
  const stateDir = given('stateDir') ? options.stateDir : (config.stateDir ?? options.stateDir)
  const bootstrap = given('bootstrap') ? options.bootstrap : (config.bootstrap ?? options.bootstrap)
  await using cluster = openCluster({ ...options, bootstrap }, warnings(output), config)
  const { admin } = cluster.kafka
  const found = await look(admin, { applicationId, names: config.settings.names ?? plainResources }, stateDir)
  show(found, output)
  if (options.yes !== true && !(await confirmed(applicationId, output))) {
    output.note('nothing was deleted')
    return exitCode.failed
  }
  // First what a running process still holds: when one does, nothing is deleted at all.
  const held = holdStoredState(stateDir, applicationId)
  try {
    await emptyGroup(admin, found.groupId, held)
    await deleteAll(admin, found, held)
  } catch (error) {
    held?.release()
    throw error
  }
  output.line(`${applicationId} begins anew`)
  return exitCode.done
}

/** What there is of an application. */
interface Found {
  readonly topics: readonly string[]
  readonly groupId: string
  readonly hasGroup: boolean
  readonly stateDir: string
  readonly hasState: boolean
}

async function look(admin: Admin, naming: Named, stateDir: string): Promise<Found> {
  const { applicationId, names } = naming
  const groupId = nameInCluster(applicationId, names.group)
  const topics = await internalTopics(admin, naming, ['changelog', 'repartition'])
  const hasGroup = (await admin.describeGroup(groupId)) !== undefined
  const hasState = hasStoredState(stateDir, applicationId)
  if (topics.length === 0 && !hasGroup && !hasState) throw nothingOf(applicationId, stateDir)
  return { topics, groupId, hasGroup, stateDir, hasState }
}

function show({ topics, groupId, hasGroup, stateDir, hasState }: Found, output: Output): void {
  if (topics.length === 0 && !hasGroup)
    output.note(`warning: the cluster has neither a group "${groupId}" nor its topics. ${namesHint}`)
  for (const topic of topics) output.note(`topic ${topic}`)
  if (hasGroup) output.note(`offsets of group ${groupId}`)
  if (hasState) output.note(`state below ${stateDir}`)
}

/**
 * In an order of which each part is safe, should this end in between and the application be started. Without its topics, its stores on disk
 * and its offsets say that change logs are lost, and it stops. Without its offsets, too, its stores are of other topics: they are rebuilt
 * from nothing, as all input is read again. Offsets first would have that input counted onto what change logs still have; stores first
 * would leave nothing that knows of lost change logs. Last goes what says who was here.
 */
async function deleteAll(
  admin: Admin,
  { topics, groupId, hasGroup }: Found,
  held: HeldState | undefined,
): Promise<void> {
  await admin.deleteTopics(topics)
  if (hasGroup) await admin.deleteGroup(groupId)
  held?.erase()
}

/** By its id, in a cluster that may have patterns for names. */
type Named = Pick<ApplicationOptions, 'applicationId' | 'names'>

/** A process that has stopped keeps its place in the group for a while: the one of this folder is known not to run. */
async function emptyGroup(admin: Admin, groupId: string, held: HeldState | undefined): Promise<void> {
  const group = await admin.describeGroup(groupId)
  if (group === undefined) return
  const isOwn = (instanceId: string | undefined): boolean =>
    held?.processId !== undefined && instanceId?.startsWith(`${held.processId}-`) === true
  const others = group.members.filter(({ instanceId }) => !isOwn(instanceId))
  if (others.length > 0) throw runsElsewhere(groupId, others)
  await admin.removeMembers(
    groupId,
    group.members.flatMap(({ instanceId }) => instanceId ?? []),
  )
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
    hint: `Its id is the name of the query or file, and stands in each line of its log. ${namesHint}`,
  })
}

const namesHint =
  'Where it runs with a runner file that has patterns for names, give that file with "--config".'

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
