import { InvalidArgumentError } from 'commander'
import type { RecordPolicy, RecordStage } from '../../runtime/options.ts'

export type PolicyChoice = Readonly<Partial<Record<RecordStage, RecordPolicy>>>

const policies: Readonly<Record<string, RecordPolicy>> = {
  fail: 'fail',
  skip: 'skip',
  'dead-letter': 'dead_letter',
}
const stages: readonly RecordStage[] = ['decode', 'function', 'encode', 'produce']

/** Reads `skip`, which is for every stage, or `decode=skip,function=dead-letter`; the last word on a stage holds. */
export function recordPolicies(text: string): PolicyChoice {
  const choice: Partial<Record<RecordStage, RecordPolicy>> = {}
  for (const part of text.split(',')) {
    const [stage, name] = part.includes('=') ? part.split('=', 2) : [undefined, part]
    const policy = policies[name?.trim() ?? '']
    const named = stages.filter((known) => stage === undefined || known === stage.trim())
    if (policy === undefined || named.length === 0)
      throw new InvalidArgumentError(
        `It takes fail, skip or dead-letter, for all stages or as stage=policy with ${stages.join(', ')}.`,
      )
    for (const known of named) choice[known] = policy
  }
  return choice
}
