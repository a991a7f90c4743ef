import { parseType } from '../../../data/type-strings.ts'
import type { DataType, PrimitiveKind } from '../../../data/types.ts'
import type { Located } from '../../query-definition.ts'
import type { Kind } from '../../schema/field.ts'
import { withNearType } from '../../schema/near-type.ts'
import { text } from '../../schema/scalars.ts'

const sqlKinds: ReadonlySet<string> = new Set<PrimitiveKind>([
  'timestamp',
  'date',
  'time',
  'interval',
  'uuid',
])

/** The type of a column: a type string, or one of SQL's own types. */
export const columnType: Kind<Located<DataType>> = {
  what: 'a column type',
  read: (node, diagnostics, place) => {
    const given = text.read(node, diagnostics, place)
    if (given === undefined) return undefined
    // Membership in the set is what makes the word a kind.
    if (sqlKinds.has(given.value)) return { value: { kind: given.value as PrimitiveKind }, span: given.span }
    const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(given.value)
    if (decimal !== null)
      return {
        value: { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) },
        span: given.span,
      }
    try {
      return { value: parseType(given.value).type, span: given.span }
    } catch (error) {
      diagnostics.addThrown(withNearType(error, given.value, sqlKinds), given.span)
      return undefined
    }
  },
  json: () => ({ type: ['string', 'array'] }),
}
