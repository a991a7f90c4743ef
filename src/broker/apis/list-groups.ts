/**
 * ListGroups (16): the groups that the node asked coordinates and the caller may describe; filtered by state from version 4 on, by type
 * from version 5 on.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { groupStateNames } from '../groups/group-states.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.listGroups>>

const groupType = 'classic'

export const listGroupsHandler = defineHandler({
  api: apis.listGroups,
  handle({ statesFilter, typesFilter }, call): Response {
    const states = new Set(statesFilter.map((state) => state.toLowerCase()))
    const types = new Set(typesFilter.map((type) => type.toLowerCase()))
    if (types.size > 0 && !types.has(groupType)) return { groups: [] }
    const groups = call.node.groups
      .all()
      .filter(({ groupId }) => refusalOf(call, onGroup(groupId, 'describe')) === undefined)
      .map(({ groupId, protocolType, state }) => ({
        groupId,
        protocolType,
        groupState: groupStateNames[state],
        groupType,
      }))
    return {
      groups: groups.filter(({ groupState }) => states.size === 0 || states.has(groupState.toLowerCase())),
    }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
