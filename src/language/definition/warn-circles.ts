import { circleOf, passesEach } from '../../topology/circles.ts'
import type { Scope } from './scope.ts'

/** Says where a record would go round for ever, whatever is in it: through topics that flow back into themselves, with nothing on the way that leaves records out. */
export function warnOfCircles({ nodes, sinkSpans, diagnostics }: Scope): void {
  const told = new Set<string>()
  for (const topic of nodes.flatMap((node) => (node.kind === 'source' ? node.topics : []))) {
    if (told.has(topic)) continue
    const circle = circleOf(nodes, topic, passesEach)
    const span = circle && sinkSpans.get(circle.end.id)
    if (circle === undefined || span === undefined) continue
    for (const one of circle.topics) told.add(one)
    const between = circle.topics.slice(1).map((one) => `to "${one}"`)
    const way = between.length === 0 ? '' : `${between.join(', ')} and `
    diagnostics.warn('TOPOLOGY_INVALID', `topic "${topic}" flows back into itself without an end`, span, {
      detail: `Each record of "${topic}" goes ${way}back to "${topic}", for nothing on the way leaves any out.`,
      hint: 'Write to another topic, or leave records out on the way, with "filter" or "branch".',
    })
  }
}
