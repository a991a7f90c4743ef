/**
 * ListGroups (16): the groups that the node asked coordinates and the caller may describe; filtered by state from version 4 on, by type
 * from version 5 on.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { consumerGroupStateNames } from '../groups/consumer-group.ts'
import type { Group } from '../groups/group-coordinator.ts'
import { groupStateNames } from '../groups/group-states.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.listGroups>>

export const listGroupsHandler = defineHandler({
  api: apis.listGroups,
  handle({ statesFilter, typesFilter }, call): Response {
    const states = new Set(statesFilter.map((state) => state.toLowerCase()))
    const types = new Set(typesFilter.map((type) => type.toLowerCase()))
    const groups = call.node.groups
      .all()
      .filter(({ groupId }) => refusalOf(call, onGroup(groupId, 'describe')) === undefined)
      .map((group) => ({
        groupId: group.groupId,
        protocolType: group.protocolType,
        groupState: stateNameOf(group),
        groupType: group.kind,
      }))
      .filter(({ groupState }) => states.size === 0 || states.has(groupState.toLowerCase()))
      .filter(({ groupType }) => types.size === 0 || types.has(groupType))
    return { groups }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function stateNameOf(group: Group): string {
  return group.kind === 'classic' ? groupStateNames[group.state] : consumerGroupStateNames[group.state]
}
