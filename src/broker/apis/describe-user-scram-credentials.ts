/** DescribeUserScramCredentials (50): which users have which SCRAM credentials, never the credentials. Null or no users mean all. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { scramMechanisms } from '../../protocol/scram.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeUserScramCredentials>>
type Result = NonNullable<Response['results']>[number]

export const describeUserScramCredentialsHandler = defineHandler({
  api: apis.describeUserScramCredentials,
  demands: () => [onCluster('describe')],
  handle(request, call): Response {
    const names = (request.users ?? []).map(({ name }) => name)
    if (names.length === 0)
      return { results: call.node.users.withCredentials().map((user) => describe(user, call)) }
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
    const results = [...new Set(names)].map((user) =>
      twice.has(user)
        ? failed(
            user,
            'DUPLICATE_RESOURCE',
            `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
          )
        : describe(user, call),
    )
    return { results }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function describe(user: string, { node }: Call): Result {
  const mechanisms = node.users.mechanismsOf(user)
  if (mechanisms.length === 0)
    return failed(
      user,
      'RESOURCE_NOT_FOUND',
      `Attempt to describe a user credential that does not exist: ${user}`,
    )
  return {
    user,
    credentialInfos: mechanisms.map(({ mechanism, iterations }) => ({
      mechanism: scramMechanisms[mechanism].type,
      iterations,
    })),
  }
}

function failed(
  user: string,
  error: 'DUPLICATE_RESOURCE' | 'RESOURCE_NOT_FOUND',
  errorMessage: string,
): Result {
  return { user, errorCode: kafkaErrorCode(error), errorMessage }
}
