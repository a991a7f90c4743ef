/**
 * Rules that a Confluent registry keeps beside a schema, for its clients to run on each value: encryption, checks, transformations. None is
 * run here. Those of migrations are left out: they run where a reader wants values brought to another version, which nobody does here.
 */
import type { RegisteredSchema } from '../contracts.ts'

interface RuleJson {
  readonly name?: string
  readonly mode?: string
  readonly disabled?: boolean
}

/** Undefined where no rule has to be run; the rule set is what a registry answered. */
export function rulesOf(ruleSet: unknown): RegisteredSchema['rules'] {
  const { domainRules, encodingRules } = (ruleSet ?? {}) as Readonly<Record<string, unknown>>
  const rules = [domainRules, encodingRules].flatMap((some) =>
    Array.isArray(some) ? (some as RuleJson[]) : [],
  )
  const named = (...modes: readonly string[]): string[] =>
    rules
      .filter(({ mode = '', disabled }) => disabled !== true && modes.includes(mode))
      .map(({ name = '' }) => name)
  const [reading, writing] = [named('READ', 'WRITEREAD'), named('WRITE', 'WRITEREAD')]
  return reading.length + writing.length === 0 ? undefined : { reading, writing }
}
