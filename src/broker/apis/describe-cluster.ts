/** DescribeCluster (60): the nodes, for administrators. Endpoint type 2 (controllers, version 1) is not for brokers to answer. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { clusterOperations, notAsked } from './authorized-operations.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeCluster>>

const brokersEndpoint = 1

export const describeClusterHandler = defineHandler({
  api: apis.describeCluster,
  handle(request, { node, endpoint }): Response {
    if (request.endpointType !== brokersEndpoint)
      return {
        errorCode: kafkaErrorCode('MISMATCHED_ENDPOINT_TYPE'),
        errorMessage: 'The request was sent to an endpoint of type BROKER',
        clusterId: node.clusterId,
      }
    return {
      clusterId: node.clusterId,
      controllerId: node.config.nodeId,
      brokers: [{ brokerId: node.config.nodeId, ...endpoint }],
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : notAsked,
    }
  },
  refuse: (_request, errorCode, { node }): Response => ({ errorCode, clusterId: node.clusterId }),
})
