import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { kindOfRegistry } from '../data/notation-types.ts'
import type { SchemaRegistry } from '../registry/contracts.ts'
import { openRegistry } from '../registry/open-registry.ts'
import { registrySettings } from '../registry/registry-properties.ts'
import type { NotationSettings } from './formats.ts'

interface RegistriesParts {
  readonly notations: Readonly<Record<string, NotationSettings>>
  readonly clock: Clock
  readonly random: Random
}

/** Clients of schema registries for a thread or a command: one for each set of properties, opened when a notation first needs it. */
export class Registries {
  readonly #parts: RegistriesParts
  readonly #open = new Map<string, SchemaRegistry>()

  constructor(parts: RegistriesParts) {
    this.#parts = parts
  }

  /** @throws StreamError `CONFIG_INVALID`, `FILE_UNREADABLE` */
  of(notation: string): SchemaRegistry | undefined {
    const settings = this.#parts.notations[notation]
    const kind = settings === undefined ? undefined : kindOfRegistry(settings)
    if (settings === undefined || kind === undefined) return undefined
    const { clock, random } = this.#parts
    const key = JSON.stringify([kind, settings.config])
    const registry =
      this.#open.get(key) ?? openRegistry(registrySettings(kind, settings.config).settings, { clock, random })
    this.#open.set(key, registry)
    return registry
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((registry) => registry.close()))
  }
}

/** Whether a notation has a registry that its schemas can be in. */
export function hasRegistry(settings: NotationSettings | undefined): boolean {
  return settings !== undefined && kindOfRegistry(settings) !== undefined
}
