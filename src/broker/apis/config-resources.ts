import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { checkTopicConfigs, factsOf, listOf } from '../topics/topic-configs.ts'
import type { Call } from './api-handler.ts'
import { resourceTypes } from './config-sources.ts'
import { onCluster, rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface ResourceAnswer extends ConfigResource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function resourceAnswer(
  { resourceType, resourceName }: ConfigResource,
  error: KafkaErrorName = 'NONE',
  errorMessage: string | null = null,
): ResourceAnswer {
  return { resourceType, resourceName, errorCode: kafkaErrorCode(error), errorMessage }
}

/** Who may see or change the settings of a topic, and of the cluster for all else. */
export function configRefusal(
  { resourceType, resourceName }: ConfigResource,
  operation: 'describeConfigs' | 'alterConfigs',
  call: Call,
): KafkaErrorName | undefined {
  const ofTopic = resourceType === resourceTypes.topic
  return refusalOf(call, ofTopic ? rightTo(operation, 'topic', resourceName) : onCluster(operation))
}

/**
 * Gives a topic other settings. Those of a broker are fixed when it starts.
 *
 * @param change - makes the new settings of the old ones, or says what is wrong with the wish
 */
export function alterTopicConfigs(
  resource: ConfigResource,
  call: Call,
  validateOnly: boolean,
  change: (overrides: Map<string, string>) => string | undefined,
): ResourceAnswer {
  const refused = configRefusal(resource, 'alterConfigs', call)
  if (refused !== undefined) return resourceAnswer(resource, refused)
  if (resource.resourceType !== resourceTypes.topic) return leaveAsItIs(resource, change)
  const topic = call.node.topics.get(resource.resourceName)
  if (topic === undefined)
    return resourceAnswer(
      resource,
      'UNKNOWN_TOPIC_OR_PARTITION',
      `The topic '${resource.resourceName}' does not exist.`,
    )
  const overrides = new Map(topic.configs.overrides)
  const wrong = change(overrides)
  if (wrong !== undefined) return resourceAnswer(resource, 'INVALID_CONFIG', wrong)
  const problem = checkTopicConfigs(overrides)
  if (problem !== undefined) return resourceAnswer(resource, problem.error, problem.message)
  if (!validateOnly) call.node.topics.configure(topic, overrides)
  return resourceAnswer(resource)
}

/** Nothing is ever set on a broker that runs: what asks only that something be unset, as tools do that clear throttles, has it. */
function leaveAsItIs(
  resource: ConfigResource,
  change: (overrides: Map<string, string>) => string | undefined,
): ResourceAnswer {
  const overrides = new Map<string, string>()
  const asked = change(overrides) !== undefined || overrides.size > 0
  if (resource.resourceType === resourceTypes.broker && !asked) return resourceAnswer(resource)
  const message = 'Only the settings of topics can be changed on this broker.'
  return resourceAnswer(resource, 'INVALID_REQUEST', message)
}

/** Adds to or takes from a setting that is a list. */
export function changeList(
  overrides: Map<string, string>,
  name: string,
  change: { readonly operation: 'append' | 'subtract'; readonly value: string },
): string | undefined {
  const facts = factsOf(name)
  if (facts?.type !== 'list') return `Config value append is not allowed for config key: ${name}`
  const now = listOf(overrides.get(name) ?? facts.default)
  const given = listOf(change.value)
  const kept = now.filter((word) => !given.includes(word))
  overrides.set(name, (change.operation === 'append' ? [...kept, ...given] : kept).join(','))
  return undefined
}
