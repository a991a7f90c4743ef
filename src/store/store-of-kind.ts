import { assert } from '../base/assert.ts'
import type { FacadeOfKind, StateStore } from './contracts.ts'

/** A store as what it is. Front ends have checked that whoever asks for it may. */
export function storeOfKind<Kind extends StateStore['kind']>(
  store: StateStore,
  kind: Kind,
): FacadeOfKind[Kind] {
  assert(store.kind === kind, `store "${store.name}" is of kind ${store.kind}, not ${kind}`)
  return store as FacadeOfKind[Kind]
}
