import { assert } from '../base/assert.ts'
import type { FacadeOfKind, ListStore, StateStore } from './contracts.ts'

/** A store as what it is. Front ends have checked that whoever asks for it may. */
export function storeOfKind<Kind extends StateStore['kind']>(
  store: StateStore,
  kind: Kind,
): FacadeOfKind[Kind] {
  assert(store.kind === kind, `store "${store.name}" is of kind ${store.kind}, not ${kind}`)
  return store as FacadeOfKind[Kind]
}

/** A store that users' functions may have: not one that an operator keeps for itself. */
export function lentStore(store: StateStore): Exclude<StateStore, ListStore> {
  assert(store.kind !== 'list', `store "${store.name}" belongs to an operator`)
  return store
}
