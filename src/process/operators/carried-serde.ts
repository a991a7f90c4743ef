import type { Serde } from '../../serde/serde.ts'
import type { Carried } from '../../topology/foreign-key-nodes.ts'
import { changeSerde } from './change-serde.ts'
import { answerSerde, subscriptionSerde } from './foreign-key-messages.ts'

/** The serde of an internal topic that carries these. @param values - of what they are about */
export function carriedSerde(values: Serde, carries: Carried | undefined): Serde {
  switch (carries) {
    case undefined:
      return values
    case 'changes':
      return changeSerde(values)
    case 'subscriptions':
      return subscriptionSerde(values)
    case 'answers':
      return answerSerde(values)
  }
}
