/**
 * UpdateFeatures (57): moves feature levels, all of a request or none. Version 0 has a permission to go down, later ones a type of change
 * (1 up, 2 safely down, 3 down at any price); from version 2 on the answer has one error for all.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { featureLevels, isFeature, type FeatureName } from '../cluster/features.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Update = RequestOf<typeof apis.updateFeatures>['featureUpdates'][number]
type Response = DeepPartial<ResponseOf<typeof apis.updateFeatures>>

const upgrade = 1
const hasTypesFromVersion = 1

export const updateFeaturesHandler = defineHandler({
  api: apis.updateFeatures,
  demands: () => [onCluster('alter')],
  handle(request, call): Response {
    const { featureUpdates, validateOnly } = request
    const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: null }))
    for (const update of featureUpdates) {
      const problem = findProblem(update, call)
      if (problem === undefined) continue
      const message = `The update failed for all features since the following feature had an error: ${problem}`
      return { errorCode: kafkaErrorCode('INVALID_UPDATE_VERSION'), errorMessage: message }
    }
    if (!validateOnly) {
      const levels = featureUpdates.flatMap(({ feature, maxVersionLevel }): [FeatureName, number][] =>
        isFeature(feature) ? [[feature, maxVersionLevel]] : [],
      )
      call.node.features.update(new Map(levels))
      call.node.logger.info('features updated', Object.fromEntries(levels))
    }
    return { errorMessage: null, results }
  },
  refuse: (_request, errorCode): Response => ({ errorCode, errorMessage: null }),
})

function findProblem(
  { feature, maxVersionLevel: level, allowDowngrade, upgradeType }: Update,
  { node, apiVersion }: Call,
): string | undefined {
  const wrong = (reason: string): string =>
    `Invalid update version ${level} for feature ${feature}. ${reason}`
  if (!isFeature(feature)) return wrong('This broker does not support this feature.')
  const { min, max } = featureLevels[feature]
  if (level < min || level > max) return wrong(`This broker supports the versions ${min} to ${max}.`)
  const goesDown = level < node.features.levelOf(feature)
  const mayGoDown = apiVersion < hasTypesFromVersion ? allowDowngrade : upgradeType !== upgrade
  if (goesDown && !mayGoDown)
    return wrong('The version cannot go down unless the request allows a downgrade.')
  const goesUp = level > node.features.levelOf(feature)
  if (goesUp && apiVersion >= hasTypesFromVersion && upgradeType !== upgrade)
    return wrong('The version cannot go up in a downgrade.')
  return undefined
}
