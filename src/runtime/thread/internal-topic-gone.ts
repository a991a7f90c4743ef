import { StreamError, toStreamError } from '../../base/errors.ts'
import type { OpenThread } from './assemble-thread.ts'
import { makeMissingTopics } from './missing-topics.ts'
import type { ThreadParts } from './thread-parts.ts'

/**
 * What a thread has failed with that misses a topic: where that is an internal one, the check of a start says what its loss means. Nobody
 * should make such a topic by hand only because a record could not be written there.
 *
 * @returns `failure`, where all internal topics are those that the thread began with; or what the check fails with; or one after which
 * another life follows, with the topics that are made anew
 */
export async function internalTopicGone(
  { options, surroundings: { logger } }: ThreadParts,
  { kafka, topology, plan, cycle, output }: OpenThread,
  failure: StreamError,
): Promise<StreamError> {
  if (failure.code !== 'TOPIC_MISSING') return failure
  try {
    // The check asks for committed offsets, and what is open here would keep the answer waiting.
    await cycle.settle()
    if (output.producer.inTransaction) await output.producer.abort()
    const { topicIds } = await makeMissingTopics(kafka.admin, { topology, plan, options }, logger)
    const other = plan.internalTopics.find(({ name }) => topicIds.get(name) !== plan.topicIds.get(name))
    if (other === undefined) return failure
    return new StreamError('KAFKA_RETRIABLE', `the internal topic "${other.name}" was deleted and made anew`)
  } catch (error) {
    return toStreamError(error)
  }
}
