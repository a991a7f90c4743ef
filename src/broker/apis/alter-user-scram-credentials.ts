/**
 * AlterUserScramCredentials (51): sets and deletes SCRAM credentials. Passwords come salted, never as they are. A user may stand once in a
 * request; each has an error of its own.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { credentialOfSalted, scramIterations, scramMechanismOf } from '../security/scram-credentials.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Request = RequestOf<typeof apis.alterUserScramCredentials>
type Response = DeepPartial<ResponseOf<typeof apis.alterUserScramCredentials>>
type Deletion = Request['deletions'][number]
type Upsertion = Request['upsertions'][number]
type Outcome = readonly [KafkaErrorName, string | null]

const done: Outcome = ['NONE', null]

export const alterUserScramCredentialsHandler = defineHandler({
  api: apis.alterUserScramCredentials,
  demands: () => [onCluster('alter')],
  handle(request, call): Response {
    const names = usersOf(request)
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
    const outcomes = new Map<string, Outcome>()
    for (const user of twice)
      outcomes.set(user, [
        'DUPLICATE_RESOURCE',
        'A user credential cannot be altered twice in the same request',
      ])
    for (const wish of request.deletions)
      if (!twice.has(wish.name)) outcomes.set(wish.name, deleteOne(wish, call))
    for (const wish of request.upsertions)
      if (!twice.has(wish.name)) outcomes.set(wish.name, setOne(wish, call))
    const results = [...outcomes].map(([user, [error, errorMessage]]) => ({
      user,
      errorCode: kafkaErrorCode(error),
      errorMessage,
    }))
    return { results }
  },
  refuse: (request, errorCode): Response => ({
    results: [...new Set(usersOf(request))].map((user) => ({ user, errorCode, errorMessage: null })),
  }),
})

function usersOf({ deletions, upsertions }: Request): string[] {
  return [...deletions, ...upsertions].map(({ name }) => name)
}

function deleteOne({ name, mechanism: type }: Deletion, { node }: Call): Outcome {
  const mechanism = scramMechanismOf(type)
  if (name === '') return ['UNACCEPTABLE_CREDENTIAL', 'Username must not be empty']
  if (mechanism === undefined) return ['UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism']
  if (!node.users.deleteCredential(name, mechanism))
    return ['RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist']
  node.logger.info('SCRAM credential deleted', { user: name, mechanism })
  return done
}

function setOne(wish: Upsertion, { node }: Call): Outcome {
  const { name, iterations } = wish
  const mechanism = scramMechanismOf(wish.mechanism)
  if (name === '') return ['UNACCEPTABLE_CREDENTIAL', 'Username must not be empty']
  if (mechanism === undefined) return ['UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism']
  if (iterations < scramIterations.min) return ['UNACCEPTABLE_CREDENTIAL', 'Too few iterations']
  if (iterations > scramIterations.max) return ['UNACCEPTABLE_CREDENTIAL', 'Too many iterations']
  if (!node.users.setCredential(name, mechanism, credentialOfSalted(mechanism, wish)))
    return [
      'POLICY_VIOLATION',
      `There are ${node.config.usersMax} users with credentials already (usersMax).`,
    ]
  node.logger.info('SCRAM credential set', { user: name, mechanism, iterations })
  return done
}
