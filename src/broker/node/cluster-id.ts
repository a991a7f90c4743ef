import type { Random } from '../../base/random.ts'
import type { StateKeeper } from '../log/state-log.ts'
import { randomClusterId } from './ids.ts'

const kind = 'cluster-id'

/** The id with which the data was made stands, unless another one is given. */
export function recoverClusterId(state: StateKeeper, given: string | undefined, random: Random): string {
  const known = state.recovered(kind)[0]?.value
  const kept = typeof known === 'string' ? known : undefined
  const clusterId = given ?? kept ?? randomClusterId(random)
  if (clusterId !== kept) state.put([{ key: [kind], value: clusterId }])
  return clusterId
}
