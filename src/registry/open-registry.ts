import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { ApicurioClient } from './client/apicurio-client.ts'
import { authorizationOf } from './client/authorization.ts'
import { ConfluentClient } from './client/confluent-client.ts'
import { RegistryExchange } from './client/registry-exchange.ts'
import { SchemaCache } from './client/schema-cache.ts'
import { socketTransport, type Transport } from './client/transport.ts'
import type { SchemaRegistry } from './contracts.ts'
import type { RegistrySettings } from './settings.ts'

export type { Transport } from './client/transport.ts'

export interface RegistryEnvironment {
  readonly clock: Clock
  readonly random: Random
  /** How requests reach the registry; sockets when left out. */
  readonly transport?: Transport
}

/** A client of a registry. It connects when it is first asked for something. */
export function openRegistry(settings: RegistrySettings, environment: RegistryEnvironment): SchemaRegistry {
  const { clock, random, transport = socketTransport(settings.tls) } = environment
  const { limits, auth, headers } = settings
  const urls = settings.kind === 'apicurio' ? settings.urls.map(apicurioUrl) : settings.urls
  const authorization = authorizationOf(auth, urls, { clock, transport })
  const exchange = new RegistryExchange({ urls, limits, transport, headers, authorization, clock, random })
  const cache = new SchemaCache(limits, clock)
  return settings.kind === 'apicurio'
    ? new ApicurioClient(settings, exchange, cache)
    : new ConfluentClient(settings, exchange, cache)
}

/** The address may be that of the server or, as Apicurio's clients have it, that of the interface. */
function apicurioUrl(url: string): string {
  return /\/apis\/registry\//.test(url) ? url : `${url.replace(/\/+$/, '')}/apis/registry/v3`
}
