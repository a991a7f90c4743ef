/**
 * CreateTopics (19). Count and replication factor −1 mean the broker's defaults; the answer says what was made from version 5 on, the
 * topic's id from version 7 on. A topic has as many replicas as there are nodes, at most; which nodes a request may say.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { makeTopic, planTopic, type TopicProblem } from '../node/topic-creation.ts'
import { topicConfigFacts } from '../topics/topic-configs.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { configSources } from './config-sources.ts'
import { onCluster, rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Request = RequestOf<typeof apis.createTopics>
type Response = DeepPartial<ResponseOf<typeof apis.createTopics>>
type NewTopic = Request['topics'][number]
type TopicAnswer = NonNullable<Response['topics']>[number]

export const createTopicsHandler = defineHandler({
  api: apis.createTopics,
  handle(request, call): Response {
    const names = request.topics.map(({ name }) => name)
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
    const answers = request.topics
      .filter(({ name }) => !repeated.has(name))
      .map((topic) => createOne(topic, request.validateOnly, call))
    const twice = [...repeated].map((name) =>
      failed(name, { error: 'INVALID_REQUEST', message: 'Duplicate topic name.' }),
    )
    return { topics: [...twice, ...answers] }
  },
  refuse: (request, errorCode): Response => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: null })),
  }),
})

function createOne(topic: NewTopic, validateOnly: boolean, call: Call): TopicAnswer {
  const { name } = topic
  const { node } = call
  if (mayNotCreate(name, call))
    return failed(name, { error: 'TOPIC_AUTHORIZATION_FAILED', message: 'Authorization failed.' })
  const configs = new Map(topic.configs.map((config) => [config.name, config.value ?? '']))
  const plan = planTopic({ ...topic, configs }, node)
  if ('error' in plan) return failed(name, plan)
  const made = validateOnly ? undefined : makeTopic(plan, node)
  const shown = made?.configs ?? node.topics.configsOf(configs)
  return {
    name,
    errorMessage: null,
    ...(made === undefined ? {} : { topicId: made.id }),
    numPartitions: plan.replicas.length,
    replicationFactor: plan.replicas[0]?.length ?? 0,
    configs: Object.keys(topicConfigFacts).map((key) => ({
      name: key,
      value: shown.get(key),
      configSource: configSources[shown.sourceOf(key)],
    })),
  }
}

/** A right to make topics at large, or this one. */
function mayNotCreate(name: string, call: Call): boolean {
  if (refusalOf(call, onCluster('create')) === undefined) return false
  return refusalOf(call, rightTo('create', 'topic', name)) !== undefined
}

function failed(name: string, { error, message }: TopicProblem): TopicAnswer {
  return { name, errorCode: kafkaErrorCode(error), errorMessage: message, configs: null }
}
