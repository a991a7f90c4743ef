import type { LoadedDefinition } from '../../language/load.ts'
import { inputTopics, outputTopics } from '../../topology/outer-topics.ts'
import { patternSourcesOf, wholeName } from '../../topology/pattern-topics.ts'
import { functionsOf } from '../../topology/node-edges.ts'
import type { Topology } from '../../topology/topology.ts'

/** What a definition says, as one topology sees it: topics in and out, functions, stores. */
export function describeDefinition(loaded: LoadedDefinition, topology: Topology): string {
  const functions = new Set(
    topology.nodes.flatMap((node) =>
      functionsOf(node).map((ref) => `${ref.name} (${ref.kind}, ${ref.body.language})`),
    ),
  )
  return [
    `definition ${topology.name} (${loaded.form})`,
    ...section('reads', [
      ...inputTopics(topology),
      ...patternSourcesOf(topology).map(({ pattern }) => `all that fit ${pattern}`),
    ]),
    ...section('writes', outputTopics(topology)),
    ...section('functions', [...functions]),
    ...section(
      'stores',
      topology.stores.map((store) => store.name),
    ),
  ].join('\n')
}

function section(label: string, lines: readonly string[]): string[] {
  return lines.map((line) => `  ${label} ${line}`)
}

/** Whether an application reads a topic that it does not make itself: by name, or since it fits a pattern. */
export function inputsOf(topology: Topology): Pick<ReadonlySet<string>, 'has'> {
  const named = new Set(inputTopics(topology))
  const patterns = patternSourcesOf(topology).map(({ pattern }) => wholeName(pattern))
  return { has: (topic) => named.has(topic) || patterns.some((pattern) => pattern.test(topic)) }
}
