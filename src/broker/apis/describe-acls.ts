/** DescribeAcls (29): the rules of access that a filter finds. Version 0 knows no prefixed patterns. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import type { Acl } from '../security/acls.ts'
import { defineHandler } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeAcls>>

export const describeAclsHandler = defineHandler({
  api: apis.describeAcls,
  demands: () => [onCluster('describe')],
  handle(request, { node }): Response {
    const found = Map.groupBy(node.authorizer.matching(request), patternOf)
    const resources = [...found.values()].map((acls) => {
      const { resourceType, resourceName, patternType } = acls[0] as Acl
      return { resourceType, resourceName, patternType, acls }
    })
    return { resources }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function patternOf({ resourceType, resourceName, patternType }: Acl): string {
  return `${resourceType} ${patternType} ${resourceName}`
}
