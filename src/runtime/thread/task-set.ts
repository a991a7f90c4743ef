import { partitionKey } from '../../kafka/contracts.ts'
import type { TopicPartition } from '../../kafka/contracts.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'
import type { PartitionQueue } from '../task/partition-queue.ts'
import type { Task } from '../task/task.ts'

interface Place {
  readonly task: Task
  readonly queue: PartitionQueue
}

/** What tasks an assignment asks for. */
export interface TaskRequest {
  readonly subTopology: number
  readonly partition: number
  readonly partitions: readonly TopicPartition[]
}

/** Groups assigned partitions into tasks: one per sub-topology and partition number. */
export function taskRequests(plan: TopicPlan, partitions: readonly TopicPartition[]): TaskRequest[] {
  const requests = new Map<string, { subTopology: number; partition: number; partitions: TopicPartition[] }>()
  for (const { topic, partition } of partitions) {
    const sub = plan.subTopologies.find((candidate) => candidate.topics.includes(topic))
    if (sub === undefined) continue
    const id = `${sub.index}_${partition}`
    const request = requests.get(id) ?? { subTopology: sub.index, partition, partitions: [] }
    request.partitions.push({ topic, partition })
    requests.set(id, request)
  }
  return [...requests.values()]
}

/** The tasks of one stream thread, found by partition. */
export class TaskSet {
  readonly #places = new Map<string, Place>()
  #tasks: Task[] = []
  #running: Task[] | undefined = undefined
  /** Index of the running task that had the last turn. */
  #turn = -1

  get all(): readonly Task[] {
    return this.#tasks
  }

  /** Tasks that process now; kept between changes, since every slice asks. */
  get running(): readonly Task[] {
    this.#running ??= this.#tasks.filter((task) => task.state === 'running')
    return this.#running
  }

  /** The running task whose turn it is. Where a bound ends a round, the next one goes on with those that had none. There must be one. */
  next(): Task {
    const { running } = this
    this.#turn = (this.#turn + 1) % running.length
    return running[this.#turn] as Task
  }

  /** To be called when a task has changed its state. */
  changed(): void {
    this.#running = undefined
  }

  add(task: Task): void {
    this.#tasks.push(task)
    for (const queue of task.queues) this.#places.set(partitionKey(queue.partition), { task, queue })
    this.changed()
  }

  remove(task: Task): void {
    this.#tasks = this.#tasks.filter((other) => other !== task)
    for (const queue of task.queues) this.#places.delete(partitionKey(queue.partition))
    this.changed()
  }

  find(partition: TopicPartition): Place | undefined {
    return this.#places.get(partitionKey(partition))
  }

  /** The tasks that read any of these partitions. */
  affected(partitions: readonly TopicPartition[]): Task[] {
    return [...new Set(partitions.flatMap((partition) => this.find(partition)?.task ?? []))]
  }
}
