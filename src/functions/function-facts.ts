import type { Counter, Metrics } from '../base/metrics.ts'
import type { DataType } from '../data/types.ts'
import { functionKinds } from '../topology/function-kinds.ts'
import type { FunctionRef } from '../topology/functions.ts'

/** What the result is converted to; undefined: whatever the function returns is dropped. */
export function resultTypeOf(ref: FunctionRef): DataType | undefined {
  const { result } = functionKinds[ref.kind]
  if (result.rule === 'none') return undefined
  return ref.resultType ?? (result.rule === 'default' ? result.type : undefined)
}

/** The name that the function's log lines carry. */
export function loggerName(namespace: string, functionName: string): string {
  return namespace === '' ? `function.${functionName}` : `${namespace}.function.${functionName}`
}

/** The text that the author gave as a parameter's default; `code`: as it would stand in the language. */
export function defaultOf(ref: FunctionRef, index: number): { value?: unknown; code?: string } | undefined {
  const parameter = ref.parameters[index]
  const value = parameter?.defaultValue
  if (value === undefined || value === null) return undefined
  const kind = parameter?.type?.kind
  if (kind === 'string') return { value: typeof value === 'string' ? value : JSON.stringify(value) }
  return typeof value === 'string' && kind !== undefined ? { code: value } : { value }
}

/** How often a function is called and fails, in one task. */
export function callCounters(metrics: Metrics, ref: FunctionRef): { calls: Counter; failures: Counter } {
  const labels = { function: ref.name, function_type: ref.kind }
  return {
    calls: metrics.counter('function_calls_total', 'Calls of user functions', labels),
    failures: metrics.counter('function_failures_total', 'Calls of user functions that failed', labels),
  }
}
