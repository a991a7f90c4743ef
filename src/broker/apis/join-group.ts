/**
 * JoinGroup (11): enters a group and waits for the next generation.
 *
 * From version 4 on a new dynamic member is first told its id (MEMBER_ID_REQUIRED) and comes again with it, so that a lost answer leaves
 * no ghost. Version 0 has no rebalance timeout: the session's serves. Static members (5+) name their instance. From version 9
 * on a leader that was replaced is told to skip the assignment.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { refusedJoin, type JoinRequest } from '../groups/group-requests.ts'
import type { JoinResult } from '../groups/members.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onGroup } from './demand.ts'

type Request = RequestOf<typeof apis.joinGroup>
type Response = DeepPartial<ResponseOf<typeof apis.joinGroup>>

const knownIdsFromVersion = 4
const namesProtocolFromVersion = 7
const skipsAssignmentFromVersion = 9

export const joinGroupHandler = defineHandler({
  api: apis.joinGroup,
  demands: ({ groupId }) => [onGroup(groupId, 'read')],
  async handle(request, call): Promise<Response> {
    const error = checkRequest(request, call)
    if (error !== undefined) return answer(refusedJoin(error, request.memberId), call)
    const known = call.node.groups.get(request.groupId)
    if (known === undefined && request.memberId !== '')
      return answer(refusedJoin('UNKNOWN_MEMBER_ID', request.memberId), call)
    const group = call.node.groups.obtainClassic(request.groupId)
    if (typeof group === 'string') return answer(refusedJoin(group, request.memberId), call)
    return answer(await group.join(toJoin(request, call)), call)
  },
  refuse: (request, errorCode, call): Response => ({
    ...answer(refusedJoin('UNKNOWN_SERVER_ERROR', request.memberId), call),
    errorCode,
  }),
})

function checkRequest(request: Request, { node }: Call): KafkaErrorName | undefined {
  const { groupSessionTimeoutMinMs, groupSessionTimeoutMaxMs } = node.config
  if (request.groupId === '') return 'INVALID_GROUP_ID'
  const { sessionTimeoutMs } = request
  if (sessionTimeoutMs < groupSessionTimeoutMinMs || sessionTimeoutMs > groupSessionTimeoutMaxMs)
    return 'INVALID_SESSION_TIMEOUT'
  return undefined
}

function toJoin(request: Request, { apiVersion, clientId, clientHost }: Call): JoinRequest {
  return {
    memberId: request.memberId,
    instanceId: request.groupInstanceId ?? undefined,
    clientId,
    clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    // Copies: what a group keeps must not hold on to whole requests.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    needsKnownId: apiVersion >= knownIdsFromVersion,
    maySkipAssignment: apiVersion >= skipsAssignmentFromVersion,
  }
}

function answer(result: JoinResult, { apiVersion }: Call): Response {
  const { error, generation, protocolName, members, ...rest } = result
  return {
    ...rest,
    errorCode: kafkaErrorCode(error),
    generationId: generation,
    protocolName: protocolName ?? (apiVersion >= namesProtocolFromVersion ? null : ''),
    skipAssignment: apiVersion >= skipsAssignmentFromVersion && result.skipAssignment,
    members: members.map(({ memberId, instanceId, metadata }) => ({
      memberId,
      groupInstanceId: instanceId ?? null,
      metadata,
    })),
  }
}
