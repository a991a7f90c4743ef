/** What the scripts of Node clients share in the guarded conversation: who they are, from the command line, and what they may use, the steps. */
import { prefix, type stepper } from './conversation.ts'

const [annSecret = '', bossSecret = ''] = process.argv.slice(4)
export const ann = { username: 'ann', password: annSecret } as const
const boss = { username: 'boss', password: bossSecret } as const
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type Mechanism = (typeof mechanisms)[number]
const wrong = { username: 'boss', password: 'wrong-secret' } as const

/** What "ann" may use, and what she may not. */
export const open = `${prefix}-open`
const closed = `${prefix}-closed`

interface User {
  readonly username: string
  readonly password: string
}

/** What a client does in the steps; each gives what it saw, or throws. */
export interface GuardedClient {
  /** How many partitions the open topic has. */
  partitions(user: User, mechanism: Mechanism): Promise<number>
  write(topic: string): Promise<string>
  read(topic: string, groupId: string): Promise<string>
  commit(transactionalId: string): Promise<string>
  create(topic: string): Promise<unknown>
}

export async function holdGuardedConversation(
  step: ReturnType<typeof stepper>,
  client: GuardedClient,
): Promise<never> {
  for (const mechanism of mechanisms)
    await step(mechanism.toLowerCase(), () => client.partitions(boss, mechanism))
  await step('wrong-secret', () => client.partitions(wrong, 'PLAIN'))
  await step('write-open', () => client.write(open))
  await step('write-closed', () => client.write(closed))
  await step('read-open', () => client.read(open, open))
  await step('read-closed', () => client.read(closed, open))
  await step('group-closed', () => client.read(open, closed))
  await step('transaction-open', () => client.commit(open))
  await step('transaction-closed', () => client.commit(closed))
  await step('create', () => client.create(`${closed}-new`))
  process.exit(0)
}
