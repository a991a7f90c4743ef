/** Contexts: there as long as they have subjects. */
import { contextNotEmpty } from '../failure.ts'
import type { RegistryService } from '../registry-service.ts'
import { Answer, get, remove, type Route } from '../router.ts'
import { contextOf } from '../subject-names.ts'
import { page } from './call-values.ts'

export function contextRoutes({ state }: RegistryService): readonly Route[] {
  return [
    get('/contexts', (call) => {
      const prefix = call.query.get('contextPrefix') ?? ''
      return page(
        call,
        state.contexts().filter((context) => context.startsWith(prefix)),
      )
    }),
    remove('/contexts/{context}', ({ path: { context = '' } }) => {
      const name = contextOf(context.startsWith(':') ? context : `:${context}:`)
      if (state.subjects(true).some((subject) => contextOf(subject) === name)) throw contextNotEmpty(context)
      return new Answer(204, '')
    }),
  ]
}
