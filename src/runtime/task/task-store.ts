import { assert } from '../../base/assert.ts'
import type { TopicPartition } from '../../kafka/contracts.ts'
import type { ChangeLogPosition, ManagedStore, StateStore } from '../../store/contracts.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import type { OpenedStore } from '../../store/open-store.ts'
import { layoutOf, layoutTrouble } from '../../store/store-layout.ts'
import type { PartitionQueue } from './partition-queue.ts'

export interface TaskStoreParts {
  readonly spec: StoreSpec
  /** What the store is replayed from: its own topic, or the table's; undefined: nothing. */
  readonly changeLog: TopicPartition | undefined
  readonly topicId: string
  readonly open: () => OpenedStore
  /** Deletes what an engine has kept; it is closed. */
  readonly drop: () => void
  /** Where the change log ends for records that this thread's producer wrote and the cluster acknowledged. */
  readonly acknowledged: (changeLog: TopicPartition) => number | undefined
  /** In which its leader is now; −1: not known. */
  readonly leaderEpoch: (changeLog: TopicPartition) => number
  readonly nowMs: () => number
}

/** Positions to which nothing is added are confirmed so often; a task that has nothing to do commits for it. */
export const confirmedEveryMs = 600_000

/** A store as its task drives it: which generation a commit holds, and which change-log position that equals. */
export class TaskStore {
  readonly spec: StoreSpec
  readonly changeLog: TopicPartition | undefined
  readonly topicId: string
  readonly layout: string
  managed: ManagedStore
  store: StateStore
  readonly #parts: TaskStoreParts
  #sealed: SealedStore | undefined = undefined
  #sealedAtMs = 0

  constructor(parts: TaskStoreParts) {
    this.#parts = parts
    this.spec = parts.spec
    this.changeLog = parts.changeLog
    this.topicId = parts.topicId
    this.layout = layoutOf(parts.spec)
    const { managed, store } = parts.open()
    this.managed = managed
    this.store = store
  }

  /** Closes a generation, which equals the inputs up to where their queues are now. */
  seal(queues: readonly PartitionQueue[]): void {
    assert(this.#sealed === undefined, `store "${this.spec.name}" is sealed twice for one commit`)
    this.#sealedAtMs = this.#parts.nowMs()
    this.#sealed = {
      generation: this.managed.seal(),
      inputs: inputsOf(queues),
      sourcePosition: queues.find(({ partition }) => partition.topic === this.changeLog?.topic)?.position,
    }
  }

  /** The commit that holds the sealed generation has happened. */
  committed(): void {
    assert(this.#sealed !== undefined, `store "${this.spec.name}" is committed without being sealed`)
    this.managed.committed(this.#sealed.generation, this.#position(this.#sealed))
    this.#sealed = undefined
  }

  /**
   * The group has taken the offsets of a commit: up to its seal nobody else has written to the change log. A position to which nothing was
   * added for long says so from now on, or a store that is seldom written would look as if it had missed deletions.
   */
  confirmed(): void {
    const position = this.changeLog === undefined ? undefined : this.managed.position()
    if (position === undefined || this.#sealedAtMs - position.committedAtMs < confirmedEveryMs) return
    this.managed.confirmed({ ...position, committedAtMs: this.#sealedAtMs })
  }

  /** Drops what no commit holds. Committed generations stay: "from 0 on" drops exactly the others. */
  drop(): void {
    this.managed.failed(0)
    this.#sealed = undefined
  }

  /** Throws the content away: it does not fit the change log or the committed input. */
  reopen(): void {
    this.managed.close()
    this.#parts.drop()
    const { managed, store } = this.#parts.open()
    this.managed = managed
    this.store = store
  }

  /** Why the content stands otherwise than this store's would: its definition had another retention, say. */
  get layoutTrouble(): string | undefined {
    const position = this.managed.position()
    return position === undefined ? undefined : layoutTrouble(position.layout, this.layout)
  }

  /**
   * For a store without change log: whether it has missed a commit that happened, in this process or in one before it.
   *
   * @param committed - whether the group has committed anything for the task
   */
  missedCommit(queues: readonly PartitionQueue[], committed: boolean): boolean {
    if (this.spec.logging !== 'none') return false
    const inputs = this.managed.position()?.inputs
    return inputs === undefined ? committed : inputs !== inputsOf(queues)
  }

  #position({ sourcePosition, inputs }: SealedStore): ChangeLogPosition | undefined {
    const { changeLog, layout } = this
    // Not when the end was heard of: a process may have stood still until then, and another have gone on.
    const committedAtMs = this.#sealedAtMs
    if (changeLog === undefined)
      return { topicId: '', offset: 0, leaderEpoch: -1, committedAtMs, inputs, layout }
    const before = this.managed.position()
    // The next transaction's changes are not sent before this one has ended: what is acknowledged now is this generation's.
    const isSource = this.spec.logging === 'source'
    const offset = isSource ? sourcePosition : this.#parts.acknowledged(changeLog)
    if (offset === undefined || offset <= (before?.offset ?? -1)) return before
    const leaderEpoch = isSource ? -1 : this.#parts.leaderEpoch(changeLog)
    return { topicId: this.topicId, offset, leaderEpoch, committedAtMs, layout }
  }
}

/** A generation whose commit is under way, and the inputs that it equals. */
interface SealedStore {
  readonly generation: number
  readonly inputs: string
  /** Of the input that is this store's change log; undefined where none is. */
  readonly sourcePosition: number | undefined
}

function inputsOf(queues: readonly PartitionQueue[]): string {
  return queues.map((queue) => queue.position).join(',')
}
