/** The settings of a run: what the command line says goes before the configuration file, and that before the defaults. */
import type { ApplicationSettings, Guarantee } from '../../runtime/options.ts'
import type { PolicyChoice } from './record-policies.ts'
import type { EngineChoice } from '../../store/state-engines.ts'
import { plainNames, withRealTopics } from '../../topology/name-pattern.ts'
import type { Topology } from '../../topology/topology.ts'
import { nameOf, type OpenDefinition } from '../definitions.ts'
import type { Output } from '../output.ts'
import { readRunConfig, type RunConfig } from './run-config.ts'

/** Where there is no configuration file. */
export const emptyConfig: RunConfig = {
  definitions: [],
  applicationId: undefined,
  applicationPrefix: undefined,
  bootstrap: undefined,
  security: { tls: undefined, sasl: undefined },
  stateDir: undefined,
  schemas: {},
  inputNotation: undefined,
  settings: { producer: {}, bounds: {} },
  topicNames: plainNames,
  warnings: [],
}

/** As {@link readRunConfig}; without a file, a configuration that says nothing. */
export function configOf(path: string | undefined, output: Output): RunConfig | undefined {
  return path === undefined ? emptyConfig : readRunConfig(path, output)
}

/** The options of the command line that settings come from, with their defaults. */
export interface RunFlags {
  readonly threads: number
  readonly guarantee: Guarantee
  readonly commitInterval?: number
  readonly linger?: number
  readonly connectTimeout?: number
  readonly applicationPrefix?: string
  readonly onError?: PolicyChoice
  readonly deadLetterTopic?: string
  readonly stateDir: string
  readonly stateEngine?: EngineChoice
  readonly leave?: true
}

interface GivenFlags {
  readonly options: RunFlags
  /** Whether an option was given, or is only its default. */
  readonly given: (name: keyof RunFlags) => boolean
}

export function settingsOf(
  { settings, security, stateDir }: RunConfig,
  { options, given }: GivenFlags,
  bootstrap: string,
): Omit<ApplicationSettings, 'applicationId'> {
  const { threads, guarantee, commitInterval, linger, connectTimeout, deadLetterTopic } = options
  return {
    ...settings,
    guarantee: given('guarantee') ? guarantee : (settings.guarantee ?? guarantee),
    threads: given('threads') ? threads : (settings.threads ?? threads),
    ...(commitInterval === undefined ? {} : { commitIntervalMs: commitInterval }),
    ...(connectTimeout === undefined ? {} : { startTimeoutMs: connectTimeout }),
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
    policies: { ...settings.policies, ...options.onError },
    leaveOnClose: options.leave === true,
    identity: {
      kind: 'folder',
      stateDir: given('stateDir') ? options.stateDir : (stateDir ?? options.stateDir),
    },
    ...(options.stateEngine === undefined ? {} : { state: { engine: options.stateEngine } }),
    kafka: { bootstrap, ...security },
    producer: { ...settings.producer, ...(linger === undefined ? {} : { lingerMs: linger }) },
  }
}

export interface NamedTopology {
  readonly topology: Topology
  readonly applicationId: string
}

/**
 * The applications of a run with their ids. The id of a runner file is that of its one application, so that offsets, internal topics and
 * state of a former one are taken over; where it has several, each gets a group of its own, and its name after the id.
 */
export function applicationsOf(
  definitions: readonly OpenDefinition[],
  { applicationId, applicationPrefix, topicNames }: RunConfig,
  options: Pick<RunFlags, 'applicationPrefix'>,
): readonly NamedTopology[] {
  const named = definitions.flatMap((definition) =>
    definition.loaded.topologies.map((topology) => ({ topology, name: nameOf(definition, topology) })),
  )
  const alone = named.length === 1
  return named.map(({ topology, name }) => {
    const id = applicationId === undefined ? name : alone ? applicationId : `${applicationId}-${name}`
    const prefix = options.applicationPrefix ?? applicationPrefix
    return {
      topology: withRealTopics(topology, topicNames),
      applicationId: prefix === undefined ? id : `${prefix}-${id}`,
    }
  })
}
