import { sleep } from '../../src/base/clock.ts'
import { toStreamError } from '../../src/base/errors.ts'
import { mustBe, type Outcome, type Workload } from './workload.ts'

const username = 'alice'
const password = 'secret'

/** Proves who it is on each connection, and again when half of a session's life is over. */
export const authenticates: Workload = {
  name: 'authenticates',
  transactionVersion: 2,
  apis: ['SaslHandshake', 'SaslAuthenticate'],
  broker: { users: { [username]: password }, saslSessionLifetimeMs: 2_000 },
  sasl: { mechanism: 'PLAIN', username, password },
  prepare: (cluster) => cluster.createTopic('t'),
  run: async ({ cluster, subject }) => {
    let outcome: Outcome = 'goes on'
    let found = 0
    try {
      for (let round = 0; round < 6; round++) {
        found += (await subject.admin.describeTopics(['t'])).length
        await sleep(cluster.clock, 700)
      }
    } catch (error) {
      outcome = toStreamError(error).code
    }
    return {
      outcome,
      audit: async () => mustBe(outcome !== 'goes on' || found === 6, `it saw the topic ${found} times of 6`),
    }
  },
}
