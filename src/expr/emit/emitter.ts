import { assert } from '../../base/assert.ts'
import { StreamError } from '../../base/errors.ts'
import type { Row } from '../../data/row.ts'
import type { Clock } from '../../base/clock.ts'
import type { Expr, LiteralValue } from '../expr.ts'
import { findFunction } from '../functions.ts'
import { cellReader } from '../values/cells.ts'
import { emitCast } from './cast.ts'
import type { EmitContext, Operand } from './context.ts'
import { emitCase, lazyCalls } from './logic.ts'

/** Writes the body of one generated function. */
export class Emitter implements EmitContext {
  readonly lines: string[] = []
  readonly pool: unknown[] = []
  readonly #clock: Clock
  #variables = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  line(code: string): void {
    this.lines.push(code)
  }

  constant(value: unknown): string {
    const known = this.pool.indexOf(value)
    return `c${known >= 0 ? known : this.pool.push(value) - 1}`
  }

  variable(initial: string): string {
    const name = `v${this.#variables++}`
    this.line(`let ${name} = ${initial}`)
    return name
  }

  emit(expr: Expr): Operand {
    if ((expr.kind === 'call' || expr.kind === 'cast') && isConstant(expr)) {
      const folded = this.#fold(expr)
      if (folded !== undefined) return folded
    }
    return this.#emitKind(expr)
  }

  /** Makes the function of what was written so far. */
  build(result: Operand): (rows: readonly (Row | undefined)[]) => unknown {
    const names = this.pool.map((_, index) => `c${index}`)
    const source = `'use strict'\nreturn function evaluate(rows) {\n${this.lines.join('\n')}\nreturn ${result.code}\n}`
    // oxlint-disable-next-line typescript/no-implied-eval -- compiling is what this is for; users' text is in the pool only
    const make = new Function(...names, source) as (...constants: readonly unknown[]) => unknown
    const evaluate = make(...this.pool)
    assert(typeof evaluate === 'function', 'generated code is a function')
    return evaluate as (rows: readonly (Row | undefined)[]) => unknown
  }

  /** The value of an expression without columns; one that fails is left to fail where a row needs it. */
  #fold(expr: Expr): Operand | undefined {
    const inner = new Emitter(this.#clock)
    try {
      const value = inner.build(inner.#emitKind(expr))([])
      return value === null ? nothing : { code: this.constant(value), nullable: false }
    } catch (thrown) {
      if (thrown instanceof StreamError && thrown.code === 'EXPRESSION_FAILED') return undefined
      throw thrown
    }
  }

  #emitKind(expr: Expr): Operand {
    switch (expr.kind) {
      case 'literal':
        return this.#literal(expr.value)
      case 'column':
        return this.#column(expr)
      case 'case':
        return emitCase(this, expr)
      case 'cast':
        return emitCast(this, expr)
      case 'call':
        return this.#call(expr)
    }
  }

  #literal(value: LiteralValue): Operand {
    if (value === null) return nothing
    if (typeof value === 'boolean') return { code: String(value), nullable: false }
    if (typeof value === 'number') return { code: `(${value})`, nullable: false }
    if (typeof value === 'object') return { code: this.constant(BigInt(value.bigint)), nullable: false }
    return { code: this.constant(value), nullable: false }
  }

  #column(expr: Extract<Expr, { kind: 'column' }>): Operand {
    assert(Number.isInteger(expr.scope) && Number.isInteger(expr.index), 'a column is named by whole numbers')
    const row = this.variable(`rows[${expr.scope}]`)
    const cell = this.variable(`${row} === undefined ? null : ${row}.get(${expr.index})`)
    const reader = cellReader(expr.type)
    if (reader !== undefined) {
      const fits = reader.fits.replaceAll(/\bv\b/g, cell)
      this.line(`if (${cell} !== null && !(${fits})) ${cell} = ${this.constant(reader.convert)}(${cell})`)
    }
    return { code: cell, nullable: true }
  }

  #call(expr: Extract<Expr, { kind: 'call' }>): Operand {
    const lazy = Object.hasOwn(lazyCalls, expr.function) ? lazyCalls[expr.function] : undefined
    if (lazy !== undefined) return lazy(this, expr)
    if (expr.function === 'now') return this.#now()
    const entry = findFunction(expr.function)
    assert(entry !== undefined, `function ${expr.function} is in the library`)
    const operands = expr.args.map((argument) => this.emit(argument))
    const code = entry.emit({
      args: operands.map((operand) => operand.code),
      argTypes: expr.args.map((argument) => argument.type),
      type: expr.type,
      constant: (value) => this.constant(value),
      literalText: (index) => textOf(expr.args[index]),
    })
    const nullable = operands.filter((operand) => operand.nullable)
    if (entry.nulls === 'own' || nullable.length === 0) {
      return { code: this.variable(code), nullable: entry.total !== true }
    }
    const result = this.variable('null')
    const present = nullable.map((operand) => `${operand.code} !== null`).join(' && ')
    this.line(`if (${present}) ${result} = ${code}`)
    return { code: result, nullable: true }
  }

  #now(): Operand {
    const clock = this.#clock
    return { code: this.variable(`${this.constant(() => clock.nowMs() * 1000)}()`), nullable: false }
  }
}

const nothing: Operand = { code: 'null', nullable: true }

function isConstant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'literal':
      return true
    case 'column':
    case 'case':
      return false
    case 'cast':
      return isConstant(expr.input)
    case 'call':
      return expr.function !== 'now' && expr.args.every(isConstant)
  }
}

function textOf(expr: Expr | undefined): string | undefined {
  return expr?.kind === 'literal' && typeof expr.value === 'string' ? expr.value : undefined
}
