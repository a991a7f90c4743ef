/**
 * SaslAuthenticate (36): one token of the exchange that SaslHandshake began. From version 1 on the client is told how long its session lasts, and
 * authenticates itself again in time on the same connection. A failure is answered and ends the connection.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'

type Response = DeepPartial<ResponseOf<typeof apis.saslAuthenticate>>

export const saslAuthenticateHandler = defineHandler({
  api: apis.saslAuthenticate,
  handle({ authBytes }, call): Response {
    const { error, message, token, lifetimeMs, reason } = call.session.authenticate(authBytes)
    if (error !== 'NONE') {
      call.node.logger.warn('authentication failed', { peer: call.clientHost, error, ...reason })
      call.finish()
    }
    return {
      errorCode: kafkaErrorCode(error),
      errorMessage: message,
      authBytes: token,
      sessionLifetimeMs: lifetimeMs,
    }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
