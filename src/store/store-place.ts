import type { StorePlace } from './contracts.ts'

/** A place in one text: a task's id has no slash. */
export function storeName({ task, store }: StorePlace): string {
  return `${task}/${store}`
}

export function placeOf(name: string): StorePlace {
  const slash = name.indexOf('/')
  return { task: name.slice(0, slash), store: name.slice(slash + 1) }
}
