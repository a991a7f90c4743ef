/**
 * Mistakes that an engine like this could have, as changes to its source. The simulation must find each of them: one that it does not
 * find shows that the simulation does not look there.
 */
export interface Mutation {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

export const mutations: readonly Mutation[] = [
  {
    name: 'skip the flush',
    file: 'src/kafka/produce/cluster-producer.ts',
    find: 'const settled = this.#settled(this.#sending)',
    replace: 'const settled = Promise.resolve()',
  },
  {
    name: 'offsets before outputs',
    file: 'src/runtime/thread/commit.ts',
    find: `  await output.producer.flush()
  for (const task of tasks) task.storesCommitted()
  await member.commitOffsets(tasks.flatMap((task) => task.sealedOffsets()))`,
    replace: `  await member.commitOffsets(tasks.flatMap((task) => task.sealedOffsets()))
  await output.producer.flush()
  for (const task of tasks) task.storesCommitted()`,
  },
  {
    name: 'ignore the generation',
    file: 'src/kafka/transaction/offsets-in-transaction.ts',
    find: `          generationId: group.generation,
          memberId: group.memberId,
          groupInstanceId: group.instanceId ?? null,`,
    replace: `          generationId: -1,
          memberId: '',
          groupInstanceId: null,`,
  },
  {
    name: 'one overlay generation instead of two',
    file: 'src/store/generations.ts',
    find: 'if (isAgain) return slot',
    replace: 'if (slot.generation !== cleanGeneration) return slot',
  },
  {
    name: 'engine write before the end of the transaction',
    file: 'src/runtime/thread/commit.ts',
    find: `    end: ended.then(() => {
      count()
      for (const task of tasks) {
        task.storesCommitted()
        task.offsetsCommitted()
      }
    }),`,
    replace: `    end: (tasks.forEach((task) => task.storesCommitted()), ended).then(() => {
      count()
      for (const task of tasks) task.offsetsCommitted()
    }),`,
  },
  {
    name: 'last stable offset as the end of restore',
    file: 'src/runtime/thread/task-start.ts',
    find: "const changeLogEnds = await listOffsets(admin, changeLogs, 'latest', 'read_uncommitted')",
    replace: "const changeLogEnds = await listOffsets(admin, changeLogs, 'latest', 'read_committed')",
  },
  {
    name: 'source-topic change log restored to its end',
    file: 'src/runtime/thread/task-start.ts',
    find: "store.spec.logging === 'source' ? Math.min(log.end, committed) : log.end",
    replace: 'log.end',
  },
  {
    name: 'unknown end of transaction taken as abort',
    file: 'src/runtime/thread/task-start.ts',
    find: 'position = committed?.offset ??',
    replace:
      'position = (task.committedPosition(queue) >= 0 ? task.committedPosition(queue) : committed?.offset) ??',
  },
  {
    name: 'unknown end of transaction taken as commit',
    file: 'src/kafka/transaction/transaction-protocol.ts',
    find: 'if (unanswered && isOpenQuestion(error)) throw outcomeUnknown(id, error)',
    replace: 'if (unanswered && isOpenQuestion(error)) return false',
  },
  {
    name: 'stream time lost at restart',
    file: 'src/runtime/thread/task-start.ts',
    find: 'partitionTimeMs: decodePartitionTime(committed),',
    replace: 'partitionTimeMs: -1,',
  },
  {
    name: 'read_uncommitted fetch',
    file: 'src/runtime/thread/open-thread.ts',
    find: "const isolation = options.guarantee === 'exactly_once_v2' ? 'read_committed' : 'read_uncommitted'",
    replace: "const isolation: IsolationLevel = 'read_uncommitted'",
  },
  {
    name: 'no requireStable',
    file: 'src/kafka/group/group-offsets.ts',
    find: '...(version >= 7 ? { requireStable: true } : {}),',
    replace: '',
  },
  {
    name: 'aborted list per response: what began before it forgotten',
    file: 'src/kafka/fetch/read-batches.ts',
    find: "isolation === 'read_committed' ? listed : []",
    replace:
      "isolation === 'read_committed' ? listed.filter(({ firstOffset }) => firstOffset >= fetchOffset) : []",
  },
  {
    name: 'transactional id per start',
    file: 'src/runtime/thread/connect-thread.ts',
    find: '    id: nameInCluster(`${options.applicationId}-${threadName(parts)}`, options.names.transaction),',
    replace:
      '    id: `${options.applicationId}-${threadName(parts)}-${parts.surroundings.random.below(1e9)}`,',
  },
  {
    name: 'purge of a repartition topic past the committed offset',
    file: 'src/runtime/thread/purge.ts',
    find: '.map((queue) => ({ ...queue.partition, offset: task.committedPosition(queue) })),',
    replace: '.map((queue) => ({ ...queue.partition, offset: queue.position })),',
  },
  {
    name: 'clean entries kept after a failed generation',
    file: 'src/store/generations.ts',
    find: '      this.#index.lose(slot.identity)\n',
    replace: '      slot.generation = cleanGeneration\n',
  },
  {
    name: 'an entry left out of the engine for a value that is not committed',
    file: 'src/store/generations.ts',
    find: 'return slot.committed === number && slot.generation !== goneGeneration &&',
    replace: 'return slot.committed === number && slot.generation === number &&',
  },
  {
    name: 'a filter of keys begun where an earlier process left some',
    file: 'src/store/filtered-store.ts',
    find: 'this.#isEmpty(key) ? KeyFilter.begin(this.#budget) : undefined',
    replace: 'KeyFilter.begin(this.#budget)',
  },
  {
    name: 'what operators hold left out of a commit',
    file: 'src/runtime/task/task.ts',
    find: 'this.#processors?.flush()',
    replace: '',
  },
  {
    name: 'an answer for a former start of the task taken for this one',
    file: 'src/runtime/thread/assigned-tasks.ts',
    find: 'if (task.attempt !== attempts[index]) continue',
    replace: '',
  },
  {
    name: 'revoked partitions given up without a commit',
    file: 'src/runtime/thread/stream-thread.ts',
    find: 'await this.#open?.cycle.commitOrRecover()\n        this.#open?.tasks.giveUp(partitions)',
    replace: 'this.#open?.tasks.giveUp(partitions)',
  },
  {
    name: 'lost partitions given up with their transaction open',
    file: 'src/runtime/thread/stream-thread.ts',
    find: 'await this.#open?.cycle.abandon()',
    replace: '',
  },
  {
    name: 'restore of records that are not committed',
    file: 'src/runtime/thread/open-thread.ts',
    find: "fetcher: kafka.fetcher(fetchOptions(options, 'read_committed')),",
    replace: "fetcher: kafka.fetcher(fetchOptions(options, 'read_uncommitted')),",
  },
  {
    name: 'a store claims one record more than it has',
    file: 'src/runtime/task/task-store.ts',
    find: 'return { topicId: this.topicId, offset, leaderEpoch',
    replace: 'return { topicId: this.topicId, offset: offset + 1, leaderEpoch',
  },
  {
    name: 'uncommitted generations kept over a restart of the task',
    file: 'src/runtime/task/task.ts',
    find: 'for (const store of this.stores) store.drop()',
    replace: '',
  },
  {
    name: 'times of operators lost at restart',
    file: 'src/runtime/thread/task-start.ts',
    find: 'operatorTimes: decodeOperatorTimes(committed),',
    replace: 'operatorTimes: [],',
  },
  {
    name: 'time of a store kept after a failed generation',
    file: 'src/store/stream-time.ts',
    find: 'this.#goBackTo(this.#sealed.at(-1) ?? this.#committed)',
    replace: '',
  },
  {
    name: 'the reset policy asked for an offset that is in the log',
    file: 'src/runtime/thread/offset-reset.ts',
    find: '  if (fetchOffset >= start) return fetchOffset\n',
    replace: '',
  },
  {
    name: 'a commit that does not wait for the former one',
    file: 'src/runtime/thread/commit-cycle.ts',
    find: `  async commit(): Promise<void> {
    await this.finish()
`,
    replace: `  async commit(): Promise<void> {
`,
  },
  {
    name: 'a missed generation taken for none',
    file: 'src/kafka/group/cluster-group-member.ts',
    find: 'generation > this.#live.generation + 1',
    replace: 'generation < 0',
  },
]

/** @throws Error when the text is not there exactly once */
export function mutate({ name, file, find, replace }: Mutation, text: string): string {
  const places = text.split(find).length - 1
  if (places !== 1)
    throw new Error(
      `mutation "${name}": its text is in ${file} ${places} times, not once: bring it up to date`,
    )
  return text.replace(find, () => replace)
}
