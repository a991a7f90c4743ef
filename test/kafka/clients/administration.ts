/** What the scripts of Node clients share in the conversation of administrators: the steps. */
import { setTimeout as sleep } from 'node:timers/promises'
import { patienceMs, prefix, startMs, type stepper } from './conversation.ts'

export const topic = `${prefix}-times`
export const writer = `${prefix}-admin-writer`
export const timeType = 'message.timestamp.type'
const missing = `${prefix}-missing`
const vault = `${prefix}-vault`
const nowMs = 60_000

/** With Kafka's numbers. */
export interface Rule {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Null: any. */
export type RuleFilter = Omit<Rule, 'principal' | 'host'> & {
  readonly principal: string | null
  readonly host: null
}

const resources = { any: 1, topic: 2, group: 3 } as const
const patterns = { any: 1, match: 2, literal: 3, prefixed: 4 } as const
const operations = { any: 1, all: 2, read: 3, write: 4 } as const
const permissions = { any: 1, deny: 2, allow: 3 } as const

// What clients give as it is in the messages.

interface Topic<Partition> {
  readonly partitions: readonly Partition[]
}

interface WrittenPartition {
  readonly partitionIndex: number
  readonly activeProducers: readonly { readonly currentTxnStartOffset: number | bigint }[]
}

interface TransactionState {
  readonly transactionState: string
  readonly topics: readonly Topic<number>[]
}

interface KeptPartition {
  readonly partitionIndex: number
  readonly partitionSize: number | bigint
  readonly offsetLag: number | bigint
  readonly isFutureKey: boolean
}

/** From the first on records have the time that they come with. A broker tells a setting a little before its log has it, the second after. */
const keepTimes = { [timeType]: 'CreateTime', 'max.message.bytes': '1000000' } as const

/** What a client does in the steps; each gives what it saw, or throws. What it has no call for is left out. */
export interface Administrator {
  /** The topic, with two partitions whose records have the time at which they were appended. */
  create(): Promise<unknown>
  /** One setting of the topic beside those that it has; waits until the broker tells it. */
  set(name: string, value: string): Promise<unknown>
  /** One record of the start to partition 0. @returns the time that the broker tells, where the client does */
  write(): Promise<number | undefined>
  /** When the record at an offset of partition 0 is from, and who says so where the client tells. */
  read(offset: number): Promise<{ readonly timestampMs: number; readonly type?: string }>
  offsetsByTime(timeMs: number): Promise<string>
  newest?(): Promise<string>
  /** Writes one record to each partition in a transaction. @returns what commits it */
  begin(): Promise<() => Promise<unknown>>
  producers?(): Promise<readonly Topic<WrittenPartition>[]>
  transaction?(id: string): Promise<readonly TransactionState[]>
  openTransactions?(): Promise<readonly string[]>
  logDirs?(): Promise<readonly { readonly topics: readonly Topic<KeptPartition>[] }[]>
  elect?(topic: string): Promise<string>
  grant(rules: readonly Rule[]): Promise<unknown>
  rules(filter: RuleFilter): Promise<readonly Rule[]>
  /** @returns what was taken away */
  revoke(filter: RuleFilter): Promise<readonly Rule[]>
}

type Step = ReturnType<typeof stepper>

export async function administer(step: Step, client: Administrator): Promise<never> {
  await times(step, client)
  await transactions(step, client)
  await step('log-dirs', () => offered(logDirs(client)))
  await step('elect', () => offered(client.elect?.(topic)))
  await step('elect-missing', () => offered(client.elect?.(missing)))
  await rules(step, client)
  process.exit(0)
}

async function times(step: Step, client: Administrator): Promise<void> {
  await step('create', async () => {
    await client.create()
    return 'ok'
  })
  await step('append-time-told', async () => timeText(await client.write()))
  await step('append-time', async () => timeText((await client.read(0)).timestampMs))
  await step('append-time-type', async () => (await client.read(0)).type ?? 'not offered')
  await step('by-append-time', () => client.offsetsByTime(startMs + 1))
  await step('newest', () => offered(client.newest?.()))
  await step('create-time', async () => {
    for (const [name, value] of Object.entries(keepTimes)) await client.set(name, value)
    await client.write()
    return timeText((await client.read(1)).timestampMs)
  })
}

function timeText(timestampMs: number | undefined): string {
  if (timestampMs === undefined) return 'not offered'
  if (timestampMs === startMs) return 'given'
  return Math.abs(Date.now() - timestampMs) < nowMs ? 'now' : String(timestampMs)
}

async function transactions(step: Step, client: Administrator): Promise<void> {
  const commit = await client.begin()
  const producers = async () => producersText(await client.producers?.())
  const transaction = async (id: string) => transactionText(await client.transaction?.(id))
  const open = async () => {
    const ids = await client.openTransactions?.()
    return ids && listed(ids.filter((id) => id === writer).map(bare))
  }
  await step('producers', () => offered(producers()))
  await step('transaction', () => offered(transaction(writer)))
  await step('transactions', () => offered(open()))
  await commit()
  await step('transaction-ended', () => offered(until(() => transaction(writer), /^Complete/)))
  await step('transactions-ended', () => offered(until(open, /^none$/)))
  await step('producers-ended', () => offered(until(producers, /^none$/)))
  await step('transaction-missing', () => offered(transaction(missing)))
}

/** Where the open transaction of each partition begins. */
function producersText(topics: readonly Topic<WrittenPartition>[] | undefined): string | undefined {
  const begun = topics?.flatMap(({ partitions }) =>
    partitions.flatMap(({ partitionIndex, activeProducers }) =>
      activeProducers
        .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0)
        .map(({ currentTxnStartOffset }) => `${partitionIndex}/${currentTxnStartOffset}`),
    ),
  )
  return begun && listed(begun)
}

/** The state of a transactional id and the partitions of its transaction. */
function transactionText(states: readonly TransactionState[] | undefined): string | undefined {
  const words = states?.flatMap(({ transactionState, topics }) => [
    transactionState,
    ...topics.flatMap(({ partitions }) => partitions).toSorted((one, other) => one - other),
  ])
  return words?.join(' ')
}

/** How many folders the broker has, and in which partitions of the topic something is. */
async function logDirs(client: Administrator): Promise<string | undefined> {
  const folders = await client.logDirs?.()
  const filled = folders
    ?.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))
    .filter(
      ({ partitionSize, offsetLag, isFutureKey }) =>
        partitionSize > 0 && Number(offsetLag) === 0 && !isFutureKey,
    )
  return filled && `${folders?.length}: ${listed(filled.map(({ partitionIndex }) => String(partitionIndex)))}`
}

async function rules(step: Step, client: Administrator): Promise<void> {
  const { topic: aTopic, group, any } = resources
  const ofVault = { resourceName: vault, resourcePatternType: patterns.literal }
  const ann = { principal: 'User:ann', host: '*', permissionType: permissions.allow }
  const reads: Rule = { resourceType: aTopic, ...ofVault, ...ann, operation: operations.read }
  const inGroup: Rule = { resourceType: group, ...ofVault, ...ann, operation: operations.all }
  const denied: Rule = {
    resourceType: aTopic,
    resourceName: `${prefix}-va`,
    resourcePatternType: patterns.prefixed,
    principal: 'User:bob',
    host: '10.0.0.1',
    operation: operations.write,
    permissionType: permissions.deny,
  }
  const wide = { host: null, operation: operations.any, permissionType: permissions.any } as const
  const ofTopic: RuleFilter = { resourceType: aTopic, ...ofVault, ...wide, principal: null }
  const matching: RuleFilter = { ...ofTopic, resourceType: any, resourcePatternType: patterns.match }
  const ofAnn: RuleFilter = { ...ofTopic, resourceType: any, principal: ann.principal }
  const grant = async (...granted: readonly Rule[]): Promise<string> => {
    await client.grant(granted)
    return 'ok'
  }
  const seen = async (): Promise<string> => rulesText(await client.rules(matching))
  await step('acl-create', () => grant(reads, inGroup, denied))
  await until(seen, /ann.*ann.*bob/)
  await step('acl-create-bad', () => grant({ ...reads, principal: 'ann' }))
  await step('acl-of-topic', async () => rulesText(await client.rules(ofTopic)))
  await step('acl-that-match', seen)
  await step('acl-delete', async () => rulesText(await client.revoke(ofAnn)))
  await step('acl-left', async () => (await until(seen, /^(?!.*ann)/)) ?? '')
  await step('acl-delete-again', async () => rulesText(await client.revoke(ofAnn)))
}

function rulesText(found: readonly Rule[]): string {
  return listed(found.map(ruleText))
}

function ruleText(rule: Rule): string {
  const words = [
    nameOf(resources, rule.resourceType),
    nameOf(patterns, rule.resourcePatternType),
    bare(rule.resourceName),
    rule.principal,
    rule.host,
    nameOf(operations, rule.operation),
    nameOf(permissions, rule.permissionType),
  ]
  return words.join(',').toLowerCase()
}

function nameOf(names: Readonly<Record<string, number>>, number: number): string {
  return Object.keys(names).find((name) => names[name] === number) ?? String(number)
}

function listed(found: readonly string[]): string {
  return found.toSorted().join(' ') || 'none'
}

const bare = (name: string): string => name.slice(prefix.length + 1)

async function offered(seen: Promise<string | undefined> | undefined): Promise<string> {
  return (await seen) ?? 'not offered'
}

/** What is seen when it is so, or the time is over: brokers learn of a change a little after it. */
async function until(look: () => Promise<string | undefined>, pattern: RegExp): Promise<string | undefined> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const seen = await look()
    if (seen === undefined || pattern.test(seen) || performance.now() > endMs) return seen
    await sleep(20)
  }
}
