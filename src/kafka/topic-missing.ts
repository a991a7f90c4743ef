import { StreamError } from '../base/errors.ts'

/** What is said of a topic that is not there, whoever finds it out. */
export function topicMissing(name: string): StreamError {
  return new StreamError('TOPIC_MISSING', `topic "${name}" does not exist`, {
    hint: `See "weft topics list" for the names, or create it: weft topics create ${name} --partitions 4`,
  })
}
