/** The notations of `weft dev`: those of a configuration or the usual ones, all with their schemas in the embedded registry. */
import type { NotationSettings } from '../serde/formats.ts'
import { notationTypes, type NotationType } from '../data/notation-types.ts'
import { languageOf } from '../serde/notations.ts'

export type Notations = Readonly<Record<string, NotationSettings>>

const registries = /^(confluent|apicurio)_/

/** Of the configuration; where it has none, all that need a registry by their own names, and `avro`, `protobuf`, `jsonschema` as Confluent's. */
export function devNotations(configured: Notations = {}): Notations {
  if (Object.keys(configured).length > 0) return configured
  const typed = notationTypes.filter((type) => registries.test(type))
  return Object.fromEntries([
    ...typed.map((type) => [type, { type, config: {} }] as const),
    ...typed
      .filter((type) => type.startsWith('confluent_'))
      .map((type) => [type.replace(registries, ''), { type, config: {} }] as const),
  ])
}

/** As they are before the registry runs: schemas are those of the definition. */
export function withoutRegistry(notations: Notations): Notations {
  return mapped(notations, ({ type }) => ({ type: type.replace(registries, '') as NotationType, config: {} }))
}

/** What is said of another registry's address and of the way to it does not count. */
export function withRegistry(notations: Notations, url: string): Notations {
  return mapped(notations, ({ type, config }) => {
    if (languageOf(type) === undefined) return { type, config }
    const own = Object.entries(config).filter(([name]) => !/registry\.url$|auth|ssl|tls/.test(name))
    const address = type.startsWith('apicurio_') ? 'apicurio.registry.url' : 'schema.registry.url'
    const register = type.startsWith('apicurio_') ? { 'apicurio.registry.auto-register': 'true' } : {}
    return { type, config: { ...register, ...Object.fromEntries(own), [address]: url } }
  })
}

function mapped(notations: Notations, change: (notation: NotationSettings) => NotationSettings): Notations {
  return Object.fromEntries(Object.entries(notations).map(([name, notation]) => [name, change(notation)]))
}
