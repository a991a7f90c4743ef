/** Texts and pictures of a topology, for people. */
import { inputsOf } from './node-edges.ts'
import { formatDuration } from '../base/duration.ts'
import type { Node, StoreSpec, Topology } from './topology.ts'
import { foreverMs, type JoinedTable } from './ttl-join-nodes.ts'
import type { Windows } from './windows.ts'
import { describeFormat } from '../data/type-strings.ts'

/** A topology as indented text: sub-topologies, their nodes with inputs, their stores. */
export function describeTopology(topology: Topology): string {
  const byId = new Map(topology.nodes.map((node) => [node.id, node]))
  const lines = [`topology ${topology.name}`]
  for (const node of topology.nodes)
    if (node.kind === 'global-table')
      lines.push(`  ${describeNode(node)}`, `    ${describeGlobalStore(topology, node.store)}`)
  for (const part of topology.subTopologies) {
    lines.push(`  sub-topology ${part.index}`)
    for (const id of part.nodes) {
      const node = byId.get(id)
      if (node === undefined) continue
      const reads = node.kind === 'repartition' && part.repartitionSources.includes(node.topic)
      lines.push(`    ${reads ? `reads ${node.topic}` : describeNode(node)}`)
    }
    for (const name of part.stores)
      lines.push(
        `    ${describeStore(
          topology.stores.find((store) => store.name === name),
          name,
        )}`,
      )
  }
  return lines.join('\n')
}

function describeNode(node: Node): string {
  const inputs = inputsOf(node)
  return `${node.kind} ${node.id}${detail(node)}${inputs.length > 0 ? ` <- ${inputs.join(', ')}` : ''}`
}

function detail(node: Node): string {
  switch (node.kind) {
    case 'source':
      return ` [topics ${node.pattern === undefined ? node.topics.join(', ') : `that fit ${node.pattern}`}; key ${describeFormat(node.key)}, value ${describeFormat(node.value)}${columnsText(node.columns)}]`
    case 'table-source':
    case 'global-table':
      return ` [topic ${node.topic}; key ${describeFormat(node.key)}, value ${describeFormat(node.value)}${columnsText(node.columns)}]`
    case 'repartition':
      return ` [topic ${node.topic}]`
    case 'sink':
      return ` [topic ${node.topic.kind === 'topic' ? node.topic.name : `by ${node.topic.extractor.name}`}]`
    case 'window-aggregate':
      return ` [${node.fold.kind}; ${describeWindows(node.windows)}; store ${node.store}]`
    case 'aggregate':
    case 'table-aggregate':
      return ` [${node.fold.kind}; store ${node.store}]`
    case 'stream-table-join':
      return ` [${node.type}${node.grace === undefined ? '' : `; grace ${node.grace.ms} ms`}]`
    case 'global-join':
    case 'table-join':
    case 'foreign-key-subscribe':
    case 'foreign-key-resolve':
      return ` [${node.type}]`
    case 'foreign-key-answer':
      return ` [store ${node.store}]`
    case 'stream-join':
      return ` [${node.type}; from ${node.beforeMs} ms before to ${node.afterMs} ms after, grace ${node.graceMs} ms]`
    case 'deduplicate':
      return ` [once within ${node.withinMs} ms, grace ${node.graceMs} ms; store ${node.store}]`
    case 'punctuate':
      return ` [every ${node.everyMs} ms of ${node.time === 'stream' ? 'stream time' : 'the clock'}]`
    case 'self-join':
      return ` [with itself; from ${node.beforeMs} ms before to ${node.afterMs} ms after]`
    case 'lookup-join':
      return ` [${node.type}]`
    case 'ttl-join':
      return ` [${node.type}; ${node.emission}; ${describeTable(node.tables[node.scope])}]`
    case 'release':
      return ` [each combination once${node.predicate === undefined ? '' : '; when complete'}]`
    case 'select':
      return ` [columns ${node.layout.columns.map((column) => column.name).join(', ')}${node.where === undefined ? '' : '; where'}]`
    default:
      return ''
  }
}

function describeTable(table: JoinedTable | undefined): string {
  if (table?.role === 'dimension') return 'the newest row of each key'
  return `events for ${table?.timeToLiveMs === undefined ? 'ever' : formatDuration(table.timeToLiveMs)}`
}

function describeWindows(windows: Windows): string {
  const grace = `grace ${windows.graceMs} ms`
  switch (windows.kind) {
    case 'hopping':
      return `windows of ${windows.sizeMs} ms every ${windows.advanceMs} ms, ${grace}`
    case 'cumulating':
      return `windows that grow by ${windows.stepMs} ms up to ${windows.sizeMs} ms, ${grace}`
    case 'sliding':
      return `sliding windows of ${windows.differenceMs} ms, ${grace}`
    case 'session':
      return `sessions with gaps of ${windows.gapMs} ms, ${grace}`
  }
}

function describeStore(store: StoreSpec | undefined, name: string): string {
  if (store === undefined) return `store ${name}`
  const changeLog = {
    own: 'change log',
    source: 'restored from its source topic',
    none: 'no change log: lost on restart, not exactly once',
  }[store.logging]
  return `store ${name} [${store.kind}, ${store.persistent ? 'persistent' : 'memory'}, ${changeLog}; ${boundOf(store)}]`
}

/** Every thread reads the whole topic at its start, and keeps all of it. */
function describeGlobalStore({ stores }: Topology, name: string): string {
  const store = stores.find((candidate) => candidate.name === name)
  const bound = store === undefined ? '' : `; ${boundOf(store)}`
  return `store ${name} [all of it in the memory of each thread, read from its topic at the start${bound}]`
}

/** What keeps a store from growing for ever. */
function boundOf(store: StoreSpec): string {
  switch (store.kind) {
    case 'window':
    case 'session':
      return store.retentionMs >= foreverMs
        ? 'unbounded: kept for ever'
        : `kept for ${formatDuration(store.retentionMs)} of stream time`
    case 'versioned':
      return `unbounded: the newest version of each key, older ones for ${formatDuration(store.historyRetentionMs)}`
    case 'list':
      return 'each entry kept until its partner or the end of its time has come'
    case 'key-value':
      return store.timeToLiveMs === undefined
        ? 'unbounded: one entry for each key'
        : `each entry kept for ${formatDuration(store.timeToLiveMs)} of stream time`
  }
}

function columnsText(columns: readonly { readonly name: string }[] | undefined): string {
  return columns === undefined ? '' : `; columns ${columns.map((column) => column.name).join(', ')}`
}

/** Topologies as one Mermaid flow chart; where they are several, each has a frame with its name. */
export function topologiesToMermaid(topologies: readonly Topology[]): string {
  const [only] = topologies
  if (only !== undefined && topologies.length === 1)
    return ['flowchart TD', ...mermaidLines(only, 'n')].join('\n')
  const framed = topologies.flatMap((topology, index) => [
    `  subgraph t${index}["${escapeMermaid(topology.name)}"]`,
    ...mermaidLines(topology, `t${index}n`).map((line) => `  ${line}`),
    '  end',
  ])
  return ['flowchart TD', ...framed].join('\n')
}

function mermaidLines(topology: Topology, prefix: string): readonly string[] {
  const names = new Map(topology.nodes.map((node, index) => [node.id, `${prefix}${index}`]))
  const boxes = topology.nodes.map(
    (node) => `  ${names.get(node.id)}["${escapeMermaid(`${node.kind} ${node.id}`)}"]`,
  )
  const arrows = topology.nodes.flatMap((node) =>
    inputsOf(node).map((input) => `  ${names.get(input)} --> ${names.get(node.id)}`),
  )
  return [...boxes, ...arrows]
}

function escapeMermaid(text: string): string {
  return text.replaceAll('"', '#quot;')
}
