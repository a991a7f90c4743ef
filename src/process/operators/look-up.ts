import type { Clock } from '../../base/clock.ts'
import { cellKind, SlicedRow, type Row } from '../../data/row.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { Expr } from '../../expr/expr.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { LookUp } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { expressionFailure } from './expression-failure.ts'

interface TextColumn {
  readonly scope: number
  readonly index: number
}

/** Finds the row of a global table that belongs to the rows joined so far. No allocation but what the found row decodes; a hit is one look-up in a map. */
export class LookUpTable {
  readonly #spec: LookUp
  /** What is said where an expression fails. */
  readonly #by: string
  readonly #clock: Clock
  readonly #table: KeyValueStore
  readonly #key: Evaluate
  readonly #textKey: TextColumn | undefined
  readonly #residual: Evaluate | undefined
  readonly #left: boolean
  readonly #scope: number

  constructor(spec: LookUp, env: ProcessEnvironment, by: string) {
    const { clock } = env.context
    this.#spec = spec
    this.#by = by
    this.#clock = clock
    this.#table = env.globalStore(spec.table)
    this.#key = keyOf(spec.key.map((part) => compileExpr(part, clock)))
    this.#textKey = textColumn(spec.key)
    this.#residual = spec.residual === undefined ? undefined : compileExpr(spec.residual, clock)
    this.#left = spec.type === 'left'
    this.#scope = spec.scope
  }

  /** Puts the partner into its scope, `undefined` where there is none. @returns whether the join goes on */
  find(rows: (Row | undefined)[]): boolean {
    const scope = this.#scope
    try {
      rows[scope] = this.#partner(rows)
      if (rows[scope] === undefined) return this.#left
      if (this.#residual === undefined || this.#residual(rows) === true) return true
    } catch (error) {
      const { key, residual } = this.#spec
      throw expressionFailure(error, {
        exprs: residual === undefined ? key : [...key, residual],
        rows,
        clock: this.#clock,
        by: this.#by,
      })
    }
    rows[scope] = undefined
    return this.#left
  }

  /** A key that is plain text in its record is looked up by its bytes. */
  #partner(rows: readonly (Row | undefined)[]): Row | undefined {
    const column = this.#textKey
    if (column !== undefined) {
      const row = rows[column.scope]
      if (row instanceof SlicedRow && row.kinds[column.index] === cellKind.text) {
        const start = (row.starts[column.index] as number) + 1
        return this.#table.getText(row.buffer, start, (row.ends[column.index] as number) - 1) as
          | Row
          | undefined
      }
    }
    const key = this.#key(rows)
    return key === null ? undefined : (this.#table.get(key) as Row | undefined)
  }
}

/** The one column that a key is, where it is a column of text. */
function textColumn([part, ...more]: readonly Expr[]): TextColumn | undefined {
  return part?.kind === 'column' && part.type.kind === 'string' && more.length === 0 ? part : undefined
}

/** NULL in any part makes the whole key null. One array serves all records. */
function keyOf(parts: readonly Evaluate[]): Evaluate {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const values: unknown[] = parts.map(() => null)
  return (rows) => {
    for (let index = 0; index < parts.length; index++) {
      const value = (parts[index] as Evaluate)(rows)
      if (value === null) return null
      values[index] = value
    }
    return values
  }
}
