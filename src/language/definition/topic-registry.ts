import type { SourceSpan } from '../../base/errors.ts'
import { isAssignable } from '../../data/assignable.ts'
import { describeFormat } from '../../data/type-strings.ts'
import type { Format } from '../../data/types.ts'
import { hasSchema } from '../../data/notation-types.ts'
import type { NodeId, OffsetReset } from '../../topology/topology.ts'
import { parseDurationMs } from '../../base/duration.ts'
import { suggest, type DiagnosticExtras } from '../diagnostic.ts'
import type { Located } from '../query-definition.ts'
import type { NamedEntry, Reference } from '../schema/collections.ts'
import type { LocatedType } from '../schema/scalars.ts'
import type { DefinitionFields } from './fields/file-fields.ts'
import type { FunctionFields } from './fields/function-fields.ts'
import { flowAfterFailure, type Flow, type NamedFlow } from './flow.ts'
import { chosenTopics, type ChosenTopics, type TopicsFields } from './chosen-topics.ts'
import { NodePath } from './names.ts'
import { addNode, useOptionalFunction, type Scope } from './scope.ts'
import type { StoreReference } from './store-registry.ts'

export type TopicKind = 'stream' | 'table' | 'globalTable'

/** A topic as a definition declares it, under a name or in place. */
export interface TopicFields extends TopicsFields {
  readonly keyType: LocatedType | undefined
  readonly valueType: LocatedType | undefined
  readonly offsetResetPolicy?: Located<string> | undefined
  readonly timestampExtractor?: Reference<FunctionFields> | undefined
  readonly partitioner?: Reference<FunctionFields> | undefined
  readonly store?: StoreReference | undefined
}

export interface DeclaredTopic {
  readonly kind: TopicKind
  readonly path: NodePath
  /** Absent: broken, which has been reported. */
  readonly fields: TopicFields | undefined
  readonly span: SourceSpan
}

/** How a topic is read; each topic is read once, and shared. Without a flow where that failed, which has been reported. */
interface Reader {
  readonly kind: TopicKind
  readonly flow: Flow | undefined
}

interface Reading {
  readonly fields: TopicFields
  readonly chosen: ChosenTopics
  readonly path: NodePath
  readonly formats: { readonly key: Format; readonly value: Format }
}

const collections = { streams: 'stream', tables: 'table', globalTables: 'globalTable' } as const

/** The topics of one definition, and the names that pipelines give to their results. */
export class TopicRegistry {
  readonly #scope: Scope
  readonly #declared = new Map<string, DeclaredTopic>()
  readonly #readers = new Map<string, Reader>()
  readonly #results = new Map<string, NamedFlow>()
  /** The results of all pipelines, with the key of the one that makes them. */
  readonly #expected = new Map<string, string>()
  /** Pipelines that end in a sink, whose results have no name, by their keys. */
  readonly #ended = new Map<string, string | undefined>()
  /** Whether declarations, or a pipeline's result, are so broken that they have no names: names that are not found may be theirs. */
  namesUnknown = false

  constructor(scope: Scope) {
    this.#scope = scope
  }

  declare(fields: DefinitionFields): void {
    for (const collection of ['streams', 'tables', 'globalTables'] as const) {
      this.namesUnknown ||= fields.broken.has(collection)
      const entries: readonly NamedEntry<TopicFields>[] = fields[collection] ?? []
      for (const { name, span, value } of entries) {
        if (this.#declared.has(name)) {
          this.#scope.diagnostics.error('DEFINITION_INVALID', `"${name}" is declared twice`, span, {
            detail: 'Streams, tables and global tables share their names.',
            hint: 'Rename one of the two.',
          })
          continue
        }
        this.#declared.set(name, {
          kind: collections[collection],
          path: new NodePath([collection, name]),
          // Said here, once.
          fields: value && chosenTopics(value, this.#scope.diagnostics) ? value : undefined,
          span,
        })
      }
    }
    // Tables are read whether a pipeline uses them or not: functions may read their stores.
    for (const topic of this.#declared.values()) if (topic.kind !== 'stream') this.read(topic)
  }

  /** @returns undefined where no stream, table or global table has this name */
  find(name: string): DeclaredTopic | undefined {
    return this.#declared.get(name)
  }

  /** The names of streams, tables and global tables. */
  get names(): readonly string[] {
    return [...this.#declared.keys()]
  }

  /** Says that a pipeline will give a result of this name, so that one who asks too early can be told. */
  expectResult(name: string, pipeline: string): void {
    this.#expected.set(name, pipeline)
  }

  /**
   * Says that a pipeline ends in a sink: who takes its key for a name can be told.
   *
   * @param written - what it is written into, where that has a name
   */
  expectNone(pipeline: string, written: string | undefined): void {
    this.#ended.set(pipeline, written)
  }

  /** Gives a name to the result of a pipeline. */
  nameResult(name: string, result: NamedFlow): void {
    const known = this.#declared.get(name)?.span ?? this.#results.get(name)?.span
    if (known === undefined) this.#results.set(name, result)
    else
      this.#scope.diagnostics.error('DEFINITION_INVALID', `"${name}" is taken`, result.span, {
        detail: `It is declared on line ${known.line}.`,
        hint: 'Choose another name.',
      })
  }

  /** Whether a name stands for something already. */
  isTaken(name: string): boolean {
    return this.#declared.has(name) || this.#results.has(name)
  }

  /** What a name stands for: a declared topic, which is then read, or the result of an earlier pipeline. */
  resolve(name: Located<string>): Flow | undefined {
    const declared = this.#declared.get(name.value)
    if (declared !== undefined) return this.read(declared)
    const result = this.#results.get(name.value)
    if (result !== undefined || this.namesUnknown) return result?.flow
    this.#scope.diagnostics.error(
      'NAME_NOT_FOUND',
      `no stream, table or earlier pipeline is called "${name.value}"`,
      name.span,
      this.#whereElse(name.value),
    )
    return undefined
  }

  #whereElse(name: string): DiagnosticExtras {
    const later = this.#expected.get(name)
    if (later !== undefined)
      return {
        hint: `Move pipeline "${later}", which makes it, up before this one; if each needs the other, go through a topic.`,
      }
    const names = [...this.#declared.keys(), ...this.#results.keys()]
    if (!this.#ended.has(name)) return { hint: suggest(name, names, 'names') }
    const written = this.#ended.get(name)
    return {
      detail: `Pipeline "${name}" ends in a sink, so its result has no name.`,
      hint: `Give that one "as: ${name}" in place of its sink${written === undefined ? '' : `, or begin this one with "${written}"`}.`,
    }
  }

  /** Reads a topic, or joins those who read it already. */
  read({ kind, fields, path }: DeclaredTopic): Flow | undefined {
    const chosen = fields && chosenTopics(fields, this.#scope.diagnostics)
    if (fields === undefined || chosen === undefined) return undefined
    const known = this.#readers.get(chosen.name)
    if (known !== undefined) return this.#share(known, kind, { fields, chosen })
    const key = fields.keyType?.value.format
    const value = fields.valueType?.value.format
    if (key === undefined || value === undefined) {
      this.#scope.diagnostics.error(
        'DEFINITION_INVALID',
        `the types of topic "${chosen.name}" are not known here`,
        chosen.span,
        {
          hint: 'Add "keyType" and "valueType".',
        },
      )
      return undefined
    }
    const formats = { key: this.#from(chosen, key), value: this.#from(chosen, value) }
    const flow = this.#makeReader(kind, { fields, chosen, path, formats })
    this.#readers.set(chosen.name, { kind, flow })
    return flow
  }

  /** What is known of values by the topic that they come from alone. */
  #from({ topics: [topic, ...others], pattern }: ChosenTopics, format: Format): Format {
    const type = this.#scope.diagnostics.schemas.names.get(format.notation) ?? format.notation
    const isOfOne = topic !== undefined && others.length === 0 && pattern === undefined
    return isOfOne && format.source === undefined && hasSchema(type) ? { ...format, topic } : format
  }

  #makeReader(kind: TopicKind, { fields, chosen, path, formats }: Reading): Flow | undefined {
    const scope = this.#scope
    const { topics, pattern, name: topic } = chosen
    const id: NodeId = scope.names.unique(topics.length === 1 ? topic : path.short)
    const place = { path, label: fields.at.label, span: fields.at.span }
    const extractor = useOptionalFunction(scope, fields.timestampExtractor, place, {
      kind: 'timestampExtractor',
      field: 'timestampExtractor',
    })
    const reset = this.#reset(fields.offsetResetPolicy)
    if (extractor === undefined || reset === undefined) return undefined
    const options = {
      ...(extractor === null ? {} : { timestamp: extractor.ref }),
      ...(reset === null ? {} : { reset }),
    }
    if (kind === 'stream') {
      scope.names.skip(1)
      const matching = pattern === undefined ? {} : { pattern }
      addNode(scope, { kind: 'source', id, topics, ...matching, ...formats, ...options })
      return { kind: 'stream', node: id, ...formats, rekeyed: false }
    }
    scope.names.skip(2)
    if (kind === 'table') {
      const store = scope.stores.ofTable(topic, formats, fields.store)
      const historyMs = scope.stores.historyOf(store)
      const versions = historyMs === undefined ? {} : { versioned: true }
      addNode(scope, { kind: 'table-source', id, topic, ...formats, store, ...versions, ...options })
      return { kind: 'table', node: id, ...formats, historyMs }
    }
    for (const field of ['timestampExtractor', 'offsetResetPolicy'] as const)
      if (fields[field] !== undefined)
        scope.diagnostics.warn(
          'DEFINITION_INVALID',
          `"${field}" has no effect on a global table`,
          fields.at.span,
          {
            hint: `Remove it: a global table is always read from its beginning.`,
          },
        )
    const store = scope.stores.ofGlobalTable(topic, formats, fields.store)
    addNode(scope, { kind: 'global-table', id, topic, ...formats, store })
    return { kind: 'globalTable', node: id, ...formats }
  }

  #share(
    known: Reader,
    kind: TopicKind,
    { fields, chosen }: Pick<Reading, 'fields' | 'chosen'>,
  ): Flow | undefined {
    const topic = chosen.name
    const { flow } = known
    const { diagnostics } = this.#scope
    if (flow === undefined) return undefined
    // What is said of it here, so that those who read it can be checked, too.
    const declaredFlow = {
      ...flowAfterFailure(kind),
      key: fields.keyType?.value.format ?? flow.key,
      value: fields.valueType?.value.format ?? flow.value,
    }
    if (known.kind !== kind) {
      diagnostics.error(
        'TOPOLOGY_INVALID',
        `topic "${topic}" is read as a ${known.kind} and as a ${kind}`,
        chosen.span,
        {
          hint: known.kind === 'stream' ? 'Use "toTable" on the stream.' : 'Use "toStream" on the table.',
        },
      )
      return declaredFlow
    }
    for (const side of ['key', 'value'] as const) {
      const declared = fields[`${side}Type`]
      if (declared === undefined || isAssignable(declared.value.format.type, flow[side].type)) continue
      diagnostics.error('TYPE_INVALID', `topic "${topic}" has two ${side} types`, declared.span, {
        detail: `It is read as ${describeFormat(flow[side])} elsewhere.`,
        hint: 'Give it the same type in both places.',
      })
      return declaredFlow
    }
    return flow
  }

  /** @returns null where nothing is said, undefined where it is wrong */
  #reset(policy: Located<string> | undefined): OffsetReset | null | undefined {
    const word = policy?.value.toLowerCase()
    if (policy === undefined || word === undefined) return null
    if (word === 'earliest' || word === 'latest' || word === 'none') return word
    const text = policy.value.slice('by_duration:'.length)
    if (/^P/i.test(text)) return `by_duration:${text.toUpperCase()}`
    try {
      return `by_duration:PT${parseDurationMs(text) / 1000}S`
    } catch (error) {
      this.#scope.diagnostics.addThrown(error, policy.span)
      return undefined
    }
  }
}
