/** CreateAcls (30): adds rules of access; one that is there already is no error. Version 0 knows no prefixed patterns. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { aclProblem, type Acl } from '../security/acls.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Creation = RequestOf<typeof apis.createAcls>['creations'][number]
type Response = DeepPartial<ResponseOf<typeof apis.createAcls>>
type Result = NonNullable<Response['results']>[number]

export const createAclsHandler = defineHandler({
  api: apis.createAcls,
  demands: () => [onCluster('alter')],
  handle: (request, call): Response => ({
    results: request.creations.map((creation) => create(creation, call)),
  }),
  refuse: (request, errorCode): Response => ({ results: request.creations.map(() => ({ errorCode })) }),
})

function create({ resourcePatternType: patternType, ...rest }: Creation, { node }: Call): Result {
  const acl: Acl = { ...rest, patternType }
  const problem = aclProblem(acl)
  if (problem !== undefined) return { errorCode: kafkaErrorCode('INVALID_REQUEST'), errorMessage: problem }
  if (node.authorizer.add(acl)) {
    node.logger.info('acl added', { ...acl })
    return {}
  }
  const errorMessage = `There are ${node.config.aclsMax} rules already (aclsMax).`
  return { errorCode: kafkaErrorCode('POLICY_VIOLATION'), errorMessage }
}
