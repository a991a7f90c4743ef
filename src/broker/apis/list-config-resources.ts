/**
 * ListConfigResources (74): what has settings. Version 0 asks for client metrics alone, of which there are none; from version 1 on the types
 * asked for: topics (2), brokers (4), their loggers (8), client metrics (16) and groups (32), which have none here.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { resourceTypes } from './config-sources.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.listConfigResources>>

const brokerLogger = 8
const clientMetrics = 16
const group = 32
const known = [resourceTypes.topic, resourceTypes.broker, brokerLogger, clientMetrics, group]

export const listConfigResourcesHandler = defineHandler({
  api: apis.listConfigResources,
  demands: () => [onCluster('describeConfigs')],
  handle(request, call): Response {
    if (call.apiVersion === 0) return { configResources: [] }
    if (request.resourceTypes.some((type) => !known.includes(type)))
      return { errorCode: kafkaErrorCode('UNSUPPORTED_VERSION') }
    const wanted = request.resourceTypes.length === 0 ? known : [...new Set(request.resourceTypes)]
    const configResources = wanted.flatMap((resourceType) =>
      namesOf(resourceType, call).map((resourceName) => ({ resourceType, resourceName })),
    )
    return { configResources }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function namesOf(resourceType: number, { node }: Call): string[] {
  if (resourceType === resourceTypes.topic) return node.topics.all().map(({ name }) => name)
  if (resourceType === resourceTypes.broker || resourceType === brokerLogger)
    return node.layout.running().map(String)
  return []
}
