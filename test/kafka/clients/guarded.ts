/** What the scripts of Node clients share in the guarded conversation: who they are, from the command line, and what they write and read. */
import { prefix } from './conversation.ts'

const [annSecret = '', bossSecret = ''] = process.argv.slice(4)
export const ann = { username: 'ann', password: annSecret } as const
export const boss = { username: 'boss', password: bossSecret } as const
export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type Mechanism = (typeof mechanisms)[number]
export const wrong = { username: 'boss', password: 'wrong-secret' } as const

/** What "ann" may use, and what she may not. */
export const open = `${prefix}-open`
export const closed = `${prefix}-closed`
