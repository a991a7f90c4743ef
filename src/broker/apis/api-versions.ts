/**
 * ApiVersions (18): what this node speaks.
 *
 * A client that asks with a version above ours is answered by `apiVersionsTooNew`: an answer of version 0 with UNSUPPORTED_VERSION and
 * our range, with which it asks again. From version 3 on the client names its software and is told features; the level of
 * `transaction.version` decides how clients run transactions. The answer's header never has tagged fields.
 */
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import type { DeepPartial } from '../../protocol/api.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { featureLevels, isFeature } from '../cluster/features.ts'
import { defineHandler, type Call, type SupportedApi } from './api-handler.ts'

type Response = DeepPartial<ResponseOf<typeof apis.apiVersions>>

const softwareWord = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/

export const apiVersionsHandler = defineHandler({
  api: apis.apiVersions,
  handle(request, call): Response {
    const named =
      softwareWord.test(request.clientSoftwareName) && softwareWord.test(request.clientSoftwareVersion)
    if (call.apiVersion >= 3 && !named) return { errorCode: kafkaErrorCode('INVALID_REQUEST') }
    return { errorCode: 0, apiKeys: ranges(call.supported), ...features(call) }
  },
  refuse: (_request, errorCode, call): Response => ({ errorCode, apiKeys: ranges(call.supported) }),
})

/** The answer, in version 0, to a version we do not have. */
export function apiVersionsTooNew(supported: readonly SupportedApi[]): Response {
  const own = supported.filter(({ key }) => key === apis.apiVersions.key)
  return { errorCode: kafkaErrorCode('UNSUPPORTED_VERSION'), apiKeys: ranges(own) }
}

function ranges(supported: readonly SupportedApi[]): NonNullable<Response['apiKeys']> {
  return supported.map(({ key, minVersion, maxVersion }) => ({ apiKey: key, minVersion, maxVersion }))
}

function features({ node }: Call): Response {
  const names = Object.keys(featureLevels).filter(isFeature)
  const levels = names.map((name) => ({ name, level: node.features.levelOf(name) }))
  return {
    supportedFeatures: names.map((name) => {
      const { min: minVersion, max: maxVersion } = featureLevels[name]
      return { name, minVersion, maxVersion }
    }),
    finalizedFeaturesEpoch: node.features.epoch,
    // Level 0 is the absence of a feature.
    finalizedFeatures: levels
      .filter(({ level }) => level > 0)
      .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  }
}
