import type { Row, RowShape } from '../../data/row.ts'
import { assert } from '../../base/assert.ts'
import type { JoinedTable } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Combination, Member } from './combination.ts'
import { JoinedRows } from './joined-rows.ts'

interface ReadRow {
  readonly shape: RowShape
  row: Row | undefined
  /** What the row has been read from. */
  from: Member | undefined
}

/** A combination's members as rows that expressions read. One object serves all combinations of an operator. */
export class CombinationRows {
  /** Those of the last combination that was read. */
  readonly joined: JoinedRows
  readonly #read: readonly ReadRow[]
  readonly #all: readonly number[]

  constructor(tables: readonly JoinedTable[], env: ProcessEnvironment) {
    this.joined = new JoinedRows(tables.length)
    this.#all = [...tables.keys()]
    this.#read = tables.map(({ value, columns }) => {
      const reader = env.serde(value, '', 'value').project?.(columns)
      assert(reader !== undefined, `format ${value.notation} has no columns`)
      return { shape: reader.shape, row: undefined, from: undefined }
    })
  }

  of(combination: Combination): readonly (Row | undefined)[] {
    return this.some(combination, this.#all)
  }

  /** Reads these scopes only; what stands in the others means nothing. */
  some(combination: Combination, scopes: readonly number[]): readonly (Row | undefined)[] {
    const { rows } = this.joined
    for (const scope of scopes) {
      const member = combination[scope]
      rows[scope] = member === undefined ? undefined : readRow(this.#read[scope] as ReadRow, member)
    }
    return rows
  }
}

function readRow(read: ReadRow, member: Member): Row {
  if (read.row !== undefined && read.from === member) return read.row
  read.row = read.shape.slice(member.value, 0, member.value.length)
  read.from = member
  return read.row
}
