/** AlterClientQuotas (49): this broker never throttles. A quota cannot be set; that there is none is soon done. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Entry = RequestOf<typeof apis.alterClientQuotas>['entries'][number]
type Response = DeepPartial<ResponseOf<typeof apis.alterClientQuotas>>

export const alterClientQuotasHandler = defineHandler({
  api: apis.alterClientQuotas,
  demands: () => [onCluster('alterConfigs')],
  handle: (request): Response => ({ entries: request.entries.map(alter) }),
  refuse: (request, errorCode): Response => ({
    entries: request.entries.map(({ entity }) => ({ entity, errorCode, errorMessage: null })),
  }),
})

function alter({ entity, ops }: Entry) {
  if (ops.every(({ remove }) => remove)) return { entity, errorMessage: null }
  return {
    entity,
    errorCode: kafkaErrorCode('INVALID_REQUEST'),
    errorMessage: 'This broker has no quotas: none can be set.',
  }
}
