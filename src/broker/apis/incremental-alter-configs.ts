/** IncrementalAlterConfigs (44): sets (0), deletes (1), appends to (2) or subtracts from (3) single settings of topics. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { alterTopicConfigs, changeList, resourceAnswer } from './config-resources.ts'

type Wish = RequestOf<typeof apis.incrementalAlterConfigs>['resources'][number]['configs'][number]
type Response = DeepPartial<ResponseOf<typeof apis.incrementalAlterConfigs>>

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export const incrementalAlterConfigsHandler = defineHandler({
  api: apis.incrementalAlterConfigs,
  handle: (request, call): Response => ({
    responses: request.resources.map((resource) =>
      alterTopicConfigs(resource, call, request.validateOnly, (overrides) => {
        for (const wish of resource.configs) {
          const wrong = apply(wish, overrides)
          if (wrong !== undefined) return wrong
        }
        return undefined
      }),
    ),
  }),
  refuse: (request, errorCode): Response => ({
    responses: request.resources.map((resource) => resourceAnswer(resource, kafkaErrorName(errorCode))),
  }),
})

function apply({ name, configOperation, value }: Wish, overrides: Map<string, string>): string | undefined {
  if (configOperation === operations.delete) {
    overrides.delete(name)
    return undefined
  }
  if (value === null) return `Null value not supported for : ${name}`
  if (configOperation === operations.append)
    return changeList(overrides, name, { operation: 'append', value })
  if (configOperation === operations.subtract)
    return changeList(overrides, name, { operation: 'subtract', value })
  if (configOperation !== operations.set) return `Unknown operation ${configOperation} for : ${name}`
  overrides.set(name, value)
  return undefined
}
