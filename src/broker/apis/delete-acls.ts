/** DeleteAcls (31): takes away the rules of access that filters find, and says which. Version 0 knows no prefixed patterns. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { defineHandler } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.deleteAcls>>

export const deleteAclsHandler = defineHandler({
  api: apis.deleteAcls,
  demands: () => [onCluster('alter')],
  handle: (request, { node }): Response => ({
    filterResults: request.filters.map((filter) => {
      const matchingAcls = node.authorizer.matching(filter)
      node.authorizer.remove(matchingAcls)
      for (const acl of matchingAcls) node.logger.info('acl removed', { ...acl })
      return { matchingAcls }
    }),
  }),
  refuse: (request, errorCode): Response => ({ filterResults: request.filters.map(() => ({ errorCode })) }),
})
