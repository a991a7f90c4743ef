/** DescribeClientQuotas (48): there are none. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { defineHandler } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeClientQuotas>>

export const describeClientQuotasHandler = defineHandler({
  api: apis.describeClientQuotas,
  demands: () => [onCluster('describeConfigs')],
  handle: (): Response => ({ entries: [] }),
  refuse: (_request, errorCode): Response => ({ errorCode, entries: null }),
})
