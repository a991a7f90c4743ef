/**
 * DescribeConfigs (32): a topic's settings, or this broker's. Null keys mean all. Version 0 says `isDefault`, later ones the source;
 * synonyms and types where asked for (versions 1 and 3).
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { brokerSettings, settingOf } from '../broker-settings.ts'
import { hasDefaultBeneath, nameBeneath, topicSettingsBeneath } from '../topics/names-beneath.ts'
import { configTypeCodes, factsOf, topicConfigFacts, TopicConfigs } from '../topics/topic-configs.ts'
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
    synonyms: includeSynonyms ? synonymsOf(name, configs) : [],
    configType: facts === undefined ? 0 : configTypeCodes[facts.type],
  }
}

/** All that say something of a setting, who counts first: the topic, the broker beneath it, Kafka's default. */
function synonymsOf(name: string, configs: TopicConfigs): NonNullable<Config['synonyms']> {
  return configs
    .layersOf(name)
    .filter(({ source }) => source !== 'default' || hasDefaultBeneath(name))
    .map(({ source, value }) => ({
      name: source === 'topic' ? name : nameBeneath(name),
      value,
      source: configSources[source],
    }))
}

/** What a broker of this kind has beside what it can be told: facts of the node that is asked. */
function factsOfNode(call: Call): Readonly<Record<string, string>> {
  const { nodeId, node } = call
  const address = call.endpoints('all').find((endpoint) => endpoint.nodeId === nodeId)
  const listeners = `${call.session.protocol}://${address?.host}:${address?.port}`
  return {
    'advertised.listeners': listeners,
    'broker.id': String(nodeId),
    'default.replication.factor': String(node.layout.replicationFactor),
    listeners,
    'log.dirs': node.storage.room().name,
    'node.id': String(nodeId),
  }
}

function brokerConfigs(call: Call): Config[] {
  const { config } = call.node
  const ofTopics = new TopicConfigs(new Map(), config.topicDefaults)
  const facts = Object.entries(factsOfNode(call)).map(([name, value]) => ({
    name,
    value,
    configSource: configSources.broker,
    configType: configTypeCodes.string,
  }))
  const own = Object.entries(brokerSettings).map(([name, setting]) => {
    const { value, byDefault } = settingOf(config, setting)
    const configSource = byDefault ? configSources.default : configSources.broker
    return { name, value, configSource, configType: configTypeCodes[setting.type] }
  })
  const beneath = [...topicSettingsBeneath].map(([name, topicName]) => ({
    name,
    value: ofTopics.get(topicName),
    configSource: configSources[ofTopics.sourceOf(topicName)],
    configType: configTypeCodes[factsOf(topicName)?.type ?? 'string'],
  }))
  return [...facts, ...own, ...beneath]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => ({ ...entry, readOnly: true }))
}
