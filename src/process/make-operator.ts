import { unreachable } from '../base/assert.ts'
import type { StreamTableJoinNode } from '../topology/stream-table-nodes.ts'
import type { Node, RepartitionNode } from '../topology/topology.ts'
import type { ProcessEnvironment } from './environment.ts'
import { makeAggregates } from './operators/aggregate.ts'
import { Convert } from './operators/convert.ts'
import { Deduplicate } from './operators/deduplicate.ts'
import { StreamFilter, TableFilter } from './operators/filter.ts'
import { ForeignKeyAnswer } from './operators/foreign-key-answer.ts'
import { ForeignKeyResolve } from './operators/foreign-key-resolve.ts'
import { ForeignKeySubscribe } from './operators/foreign-key-subscribe.ts'
import { CombinationSource } from './operators/combination-source.ts'
import { LookupJoin } from './operators/lookup-join.ts'
import { Peek } from './operators/peek.ts'
import { Punctuate } from './operators/punctuate.ts'
import { Print } from './operators/print.ts'
import { Release } from './operators/release.ts'
import { Select } from './operators/select.ts'
import { SelfJoin } from './operators/self-join.ts'
import { Sink } from './operators/sink.ts'
import { Split } from './operators/split.ts'
import { StreamJoin } from './operators/stream-join.ts'
import { StreamTableJoin } from './operators/stream-table-join.ts'
import { Suppress } from './operators/suppress.ts'
import { TableAggregate } from './operators/table-aggregate.ts'
import { TableGroup } from './operators/table-group.ts'
import { TableJoin } from './operators/table-join.ts'
import { makeTableWriter } from './operators/versioned-table-writer.ts'
import { WaitingJoin } from './operators/waiting-join.ts'
import { makeWindowAggregates } from './operators/window-aggregates.ts'
import { makeTtlJoin } from './operators/ttl-join.ts'
import { ToStream } from './operators/to-stream.ts'
import { StreamTransform, TableTransform } from './operators/transform.ts'
import type { Processor } from './processor.ts'
import type { TableViews } from './table-views.ts'

/** A node that takes records from other nodes and keeps to its sub-topology. */
export type Operator = Exclude<
  Node,
  RepartitionNode | { readonly kind: 'source' | 'table-source' | 'global-table' }
>

/** What an operator is made with, beside its node. */
export interface OperatorParts {
  readonly env: ProcessEnvironment
  /** All that follows it. */
  readonly next: Processor
  /** What follows each branch of a split. */
  readonly branches: (count: number) => readonly Processor[]
  readonly views: TableViews
}

/** The processors of one node: one for each side of a join and each stream of a cogroup, in order; else one. */
export function makeOperator(node: Operator, parts: OperatorParts): readonly Processor[] {
  const { env, next, views } = parts
  if (node.kind === 'stream-join') {
    const join = new StreamJoin(node, env, next)
    return [join.left, join.right]
  }
  if (node.kind === 'foreign-key-answer') {
    const answer = new ForeignKeyAnswer(node, env, { right: views.of(node.table), next })
    return [answer.subscriptions, answer.table]
  }
  if (node.kind === 'aggregate') return makeAggregates(node, env, next)
  if (node.kind === 'window-aggregate') return makeWindowAggregates(node, env, next)
  if (node.kind === 'ttl-join') return makeTtlJoin(node, env, next)
  if (node.kind !== 'table-join') return [makeSingle(node, parts)]
  const [left, right] = [views.of(node.left), views.of(node.right)]
  const join = new TableJoin(node, env, { left, right, next })
  return [join.left, join.right]
}

type SingleOperator = Exclude<
  Operator,
  {
    readonly kind:
      | 'table-join'
      | 'stream-join'
      | 'foreign-key-answer'
      | 'ttl-join'
      | 'aggregate'
      | 'window-aggregate'
  }
>

function makeSingle(node: SingleOperator, parts: OperatorParts): Processor {
  const { env, next } = parts
  switch (node.kind) {
    case 'filter':
      return node.table ? new TableFilter(node, env, next) : new StreamFilter(node, env, next)
    case 'transform':
      return node.table ? new TableTransform(node, env, next) : new StreamTransform(node, env, next)
    case 'convert':
      return new Convert(node, env, next)
    case 'peek':
      return new Peek(node, env, next)
    case 'print':
      return new Print(node, env)
    case 'split':
      return new Split(node, env, parts.branches(node.predicates.length))
    case 'branch':
    case 'merge':
      return next
    case 'table-group':
      return new TableGroup(node, env, next)
    case 'table-aggregate':
      return new TableAggregate(node, env, next)
    case 'suppress':
      return new Suppress(node, env, next)
    case 'to-stream':
      return new ToStream(node, env, next)
    case 'to-table':
      return makeTableWriter(node, env, next)
    case 'stream-table-join':
      return makeStreamTableJoin(node, parts)
    case 'global-join':
      return new StreamTableJoin(node, env, { table: parts.views.global(node.table), next })
    case 'foreign-key-subscribe':
      return new ForeignKeySubscribe(node, env, next)
    case 'foreign-key-resolve':
      return new ForeignKeyResolve(node, env, { left: parts.views.of(node.table), next })
    case 'lookup-join':
      return new LookupJoin(node, env, next)
    case 'combination':
      return new CombinationSource(node, env, next)
    case 'release':
      return new Release(node, env, next)
    case 'deduplicate':
      return new Deduplicate(node, env, next)
    case 'punctuate':
      return new Punctuate(node, env, next)
    case 'self-join':
      return new SelfJoin(node, env, next)
    case 'select':
      return new Select(node, env, next)
    case 'sink':
      return new Sink(node, env)
    default:
      return unreachable(node)
  }
}

function makeStreamTableJoin(node: StreamTableJoinNode, { env, next, views }: OperatorParts): Processor {
  const join = new StreamTableJoin(node, env, { table: views.of(node.table), next })
  return node.grace === undefined ? join : new WaitingJoin(node.id, node.grace, { env, join })
}
