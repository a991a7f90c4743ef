/**
 * DescribeConfigs (32): a topic's settings, or this broker's. Null keys mean all. Version 0 says `isDefault`, later ones the source;
 * synonyms and types where asked for (versions 1 and 3).
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { configTypeCodes, factsOf, topicConfigFacts, type TopicConfigs } from '../topics/topic-configs.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { configRefusal, resourceAnswer } from './config-resources.ts'
import { configSources, resourceTypes } from './config-sources.ts'

type Request = RequestOf<typeof apis.describeConfigs>
type Response = DeepPartial<ResponseOf<typeof apis.describeConfigs>>
type Resource = Request['resources'][number]
type Result = NonNullable<Response['results']>[number]
type Config = NonNullable<Result['configs']>[number]

export const describeConfigsHandler = defineHandler({
  api: apis.describeConfigs,
  handle: (request, call): Response => ({
    results: request.resources.map((resource) => describeOne(resource, request, call)),
  }),
  refuse: (request, errorCode): Response => ({
    results: request.resources.map((resource) => resourceAnswer(resource, kafkaErrorName(errorCode))),
  }),
})

function describeOne(resource: Resource, request: Request, call: Call): Result {
  const refused = configRefusal(resource, 'describeConfigs', call)
  if (refused !== undefined) return resourceAnswer(resource, refused)
  const { node } = call
  const { resourceType, resourceName } = resource
  const wanted = (name: string): boolean => resource.configurationKeys?.includes(name) ?? true
  if (resourceType === resourceTypes.broker) {
    if (resourceName !== '' && resourceName !== String(call.nodeId))
      return resourceAnswer(resource, 'INVALID_REQUEST', `Unexpected broker id, expected ${call.nodeId}`)
    return {
      ...resourceAnswer(resource),
      configs: brokerConfigs(call).filter(({ name }) => wanted(name ?? '')),
    }
  }
  if (resourceType !== resourceTypes.topic)
    return resourceAnswer(resource, 'INVALID_REQUEST', `Unsupported resource type: ${resourceType}`)
  const topic = node.topics.get(resourceName)
  if (topic === undefined)
    return resourceAnswer(
      resource,
      'UNKNOWN_TOPIC_OR_PARTITION',
      `The topic '${resourceName}' does not exist.`,
    )
  const names = Object.keys(topicConfigFacts).filter(wanted)
  return {
    ...resourceAnswer(resource),
    configs: names.map((name) => {
      const config = topicConfig(name, topic.configs, request.includeSynonyms)
      return call.apiVersion === 0 ? { ...config, isDefault: !topic.configs.overrides.has(name) } : config
    }),
  }
}

function topicConfig(name: string, configs: TopicConfigs, includeSynonyms: boolean): Config {
  const facts = factsOf(name)
  return {
    name,
    value: configs.get(name),
    readOnly: false,
    configSource: configSources[configs.sourceOf(name)],
    synonyms: includeSynonyms
      ? configs.layersOf(name).map(({ source, value }) => ({ name, value, source: configSources[source] }))
      : [],
    configType: facts === undefined ? 0 : configTypeCodes[facts.type],
  }
}

function brokerConfigs({ node: { config, layout }, nodeId }: Call): Config[] {
  const values: Readonly<Record<string, string | number | boolean>> = {
    'auto.create.topics.enable': config.autoCreateTopics,
    'default.replication.factor': layout.replicationFactor,
    'group.initial.rebalance.delay.ms': config.groupInitialRebalanceDelayMs,
    'group.max.session.timeout.ms': config.groupSessionTimeoutMaxMs,
    'group.max.size': config.groupSizeMax,
    'group.min.session.timeout.ms': config.groupSessionTimeoutMinMs,
    'message.max.bytes': topicConfigFacts['max.message.bytes']?.default ?? '',
    'min.insync.replicas': 1,
    'node.id': nodeId,
    'num.partitions': config.defaultPartitions,
    'offset.metadata.max.bytes': config.offsetMetadataBytesMax,
    'producer.id.expiration.ms': config.producerExpirationMs,
    'socket.request.max.bytes': config.requestBytesMax,
    'transaction.max.timeout.ms': config.transactionTimeoutMaxMs,
  }
  return Object.entries(values).map(([name, value]) => ({
    name,
    value: String(value),
    readOnly: true,
    configSource: configSources.broker,
  }))
}
