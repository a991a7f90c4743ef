import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { NodeState } from '../node/node-state.ts'
import { checkTopicConfigs, TopicConfigs, topicConfigFacts } from '../topics/topic-configs.ts'
import { resourceTypes } from './config-sources.ts'

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

/**
 * Gives a topic other settings. Settings of a broker are fixed when it starts.
 *
 * @param change - makes the new settings of the old ones, or says what is wrong with the wish
 */
export function alterTopicConfigs(
  resource: ConfigResource,
  node: NodeState,
  validateOnly: boolean,
  change: (overrides: Map<string, string>) => string | undefined,
): ResourceAnswer {
  if (resource.resourceType !== resourceTypes.topic)
    return resourceAnswer(
      resource,
      'INVALID_REQUEST',
      'Only the settings of topics can be changed on this broker.',
    )
  const topic = node.topics.get(resource.resourceName)
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
  if (!validateOnly) topic.configs = new TopicConfigs(overrides)
  return resourceAnswer(resource)
}

/** Adds to or takes from a setting that is a list. */
export function changeList(
  overrides: Map<string, string>,
  name: string,
  change: { readonly operation: 'append' | 'subtract'; readonly value: string },
): string | undefined {
  const facts = topicConfigFacts[name]
  if (facts?.type !== 'list') return `Config value append is not allowed for config key: ${name}`
  const words = (text: string): string[] => text.split(',').filter((word) => word !== '')
  const now = words(overrides.get(name) ?? facts.default)
  const given = words(change.value)
  const kept = now.filter((word) => !given.includes(word))
  overrides.set(name, (change.operation === 'append' ? [...kept, ...given] : kept).join(','))
  return undefined
}
