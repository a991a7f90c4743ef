/**
 * DescribeCluster (60): the nodes, for administrators; from version 2 on, where asked for, also those that do not run (fenced). Endpoint
 * type 2 (controllers, version 1) is not for brokers to answer.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { clusterOperations, notAsked } from './authorized-operations.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeCluster>>

const brokersEndpoint = 1

export const describeClusterHandler = defineHandler({
  api: apis.describeCluster,
  handle(request, call): Response {
    const { node } = call
    if (request.endpointType !== brokersEndpoint)
      return {
        errorCode: kafkaErrorCode('MISMATCHED_ENDPOINT_TYPE'),
        errorMessage: 'The request was sent to an endpoint of type BROKER',
        clusterId: node.clusterId,
      }
    return {
      clusterId: node.clusterId,
      controllerId: node.layout.controllerId,
      brokers: call
        .endpoints(request.includeFencedBrokers ? 'all' : 'running')
        .map(({ nodeId, host, port }) => ({
          brokerId: nodeId,
          host,
          port,
          isFenced: !node.layout.runs(nodeId),
        })),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? clusterOperations(call)
        : notAsked,
    }
  },
  refuse: (_request, errorCode, { node }): Response => ({ errorCode, clusterId: node.clusterId }),
})
