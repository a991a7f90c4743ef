/** The REST interface of Confluent's registry. */
import type { RegistryService } from '../registry-service.ts'
import { get, type Route } from '../router.ts'
import { compatibilityRoutes } from './compatibility-routes.ts'
import { contextRoutes } from './context-routes.ts'
import { schemaRoutes } from './schema-routes.ts'
import { settingRoutes } from './setting-routes.ts'
import { subjectRoutes } from './subject-routes.ts'

export const confluentContentType = 'application/vnd.schemaregistry.v1+json'

export function confluentRoutes(service: RegistryService): readonly Route[] {
  return [
    get('/', () => ({})),
    get('/v1/metadata/version', () => ({ version: 'weft', commitId: '' })),
    get('/v1/metadata/id', () => ({
      scope: { path: [], clusters: { 'schema-registry-cluster': 'weft' } },
    })),
    get('/v1/metadata/deployment', () => ({ attributes: [] })),
    ...contextRoutes(service),
    ...subjectRoutes(service),
    ...schemaRoutes(service),
    ...settingRoutes(service),
    ...compatibilityRoutes(service),
  ]
}
