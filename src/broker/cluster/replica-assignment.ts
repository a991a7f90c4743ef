import type { Layout } from './layout.ts'

/** What is wrong with a list of replicas that somebody wrote by hand; undefined where nothing is. */
export function assignmentProblem(replicas: readonly number[], layout: Layout): string | undefined {
  if (replicas.length === 0) return 'A partition needs at least one replica.'
  if (new Set(replicas).size !== replicas.length)
    return `The replica list [${replicas.join(', ')}] names a broker twice.`
  const unknown = replicas.filter((nodeId) => !layout.nodeIds.includes(nodeId))
  if (unknown.length === 0) return undefined
  const known = layout.nodeIds.join(', ')
  return `The manual partition assignment includes broker ${unknown[0]}, but no such broker is registered; there are ${known}.`
}
