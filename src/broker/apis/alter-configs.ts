/** AlterConfigs (33): replaces all settings of a topic; what is not named goes back to its default. Older than IncrementalAlterConfigs. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { alterTopicConfigs, resourceAnswer } from './config-resources.ts'

type Response = DeepPartial<ResponseOf<typeof apis.alterConfigs>>

export const alterConfigsHandler = defineHandler({
  api: apis.alterConfigs,
  handle: (request, call): Response => ({
    responses: request.resources.map((resource) =>
      alterTopicConfigs(resource, call, request.validateOnly, (overrides) => {
        overrides.clear()
        for (const { name, value } of resource.configs) {
          if (value === null) return `Null value not supported for : ${name}`
          overrides.set(name, value)
        }
        return undefined
      }),
    ),
  }),
  refuse: (request, errorCode): Response => ({
    responses: request.resources.map((resource) => resourceAnswer(resource, kafkaErrorName(errorCode))),
  }),
})
