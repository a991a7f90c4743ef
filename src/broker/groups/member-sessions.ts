import type { Clock } from '../../base/clock.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { noAssignment, type JoinResult, type Member } from './members.ts'

/**
 * Keeps members alive as long as they are heard of, and answers those that wait.
 *
 * A member that waits for an answer is silent because of us: it does not expire, and its session begins anew with the answer.
 */
export class MemberSessions {
  readonly #clock: Clock
  readonly #expire: (member: Member) => void

  constructor(clock: Clock, expire: (member: Member) => void) {
    this.#clock = clock
    this.#expire = expire
  }

  touch(member: Member): void {
    member.session?.cancel()
    member.session = this.#clock.setTimer(member.sessionTimeoutMs, () => {
      if (member.awaitingJoin === undefined && member.awaitingSync === undefined) this.#expire(member)
    })
  }

  end(member: Member): void {
    member.session?.cancel()
    member.session = undefined
  }

  answerJoin(member: Member, result: JoinResult): void {
    const answer = member.awaitingJoin
    member.awaitingJoin = undefined
    if (answer === undefined) return
    this.touch(member)
    answer(result)
  }

  answerSync(member: Member, error: KafkaErrorName): void {
    const answer = member.awaitingSync
    member.awaitingSync = undefined
    if (answer === undefined) return
    this.touch(member)
    answer({ error, assignment: error === 'NONE' ? member.assignment : noAssignment })
  }
}
