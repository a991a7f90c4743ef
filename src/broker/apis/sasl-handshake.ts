/**
 * SaslHandshake (17): the client picks a mechanism. Version 0, after which tokens travel without Kafka's own frame, is refused; clients that
 * need it are older than Kafka 1.0.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'

type Response = DeepPartial<ResponseOf<typeof apis.saslHandshake>>

export const saslHandshakeHandler = defineHandler({
  api: apis.saslHandshake,
  minVersion: 1,
  handle({ mechanism }, call): Response {
    const error = call.session.handshake(mechanism)
    if (error !== 'NONE') {
      const { mechanisms } = call.session
      call.node.logger.warn('handshake refused', { peer: call.clientHost, error, mechanism, mechanisms })
      call.finish()
    }
    return { errorCode: kafkaErrorCode(error), mechanisms: call.session.mechanisms }
  },
  refuse: (_request, errorCode, call): Response => ({ errorCode, mechanisms: call.session.mechanisms }),
})
