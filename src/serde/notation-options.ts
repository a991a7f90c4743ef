/** Which options of a notation mean nothing, so that nobody relies on them. */
import { StreamError } from '../base/errors.ts'
import { kindOfRegistry } from '../data/notation-types.ts'
import { registrySettings } from '../registry/registry-properties.ts'
import type { NotationSettings } from './formats.ts'

const csvOptionNames = ['separator', 'quote', 'header']

/** Names of options that have no effect. */
export function idleOptions(notation: NotationSettings): readonly string[] {
  const { type, config } = notation
  const kind = kindOfRegistry(notation)
  if (kind === undefined) {
    const known = type === 'csv' ? csvOptionNames : []
    return Object.keys(config).filter((name) => !known.includes(name))
  }
  try {
    return registrySettings(kind, config).unsupported
  } catch (error) {
    // What is wrong is an error of whoever first needs the registry.
    if (error instanceof StreamError) return []
    throw error
  }
}
