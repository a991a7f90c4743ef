import type { LiteralValue } from '../../expr/expr.ts'
import type { ConstantValue } from './ast.ts'
import type { RawNumber } from './duckdb.ts'

type SerializedNumber = number | RawNumber

/** The value of a literal that is not NULL; `undefined` for a type that has no literals here. */
export function literalOf({ type, value }: ConstantValue): LiteralValue | undefined {
  switch (type.id) {
    case 'VARCHAR':
      return String(value)
    case 'BOOLEAN':
      return value === true
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return wholeLiteral(exactly(value as SerializedNumber))
    case 'FLOAT':
    case 'DOUBLE':
      return Number(numberText(value as SerializedNumber))
    case 'DECIMAL':
      return Number(`${decimalDigits(value)}e-${type.type_info?.scale ?? 0}`)
    default:
      return undefined
  }
}

function numberText(value: SerializedNumber): string {
  return typeof value === 'object' ? value.rawJSON : String(value)
}

function exactly(value: SerializedNumber): bigint {
  return BigInt(numberText(value))
}

function wholeLiteral(value: bigint): LiteralValue {
  return Number.isSafeInteger(Number(value)) ? Number(value) : { bigint: String(value) }
}

/** Digits of more than 64 bits come in two halves. */
function decimalDigits(value: unknown): bigint {
  if (typeof value !== 'object' || value === null || !('upper' in value))
    return exactly(value as SerializedNumber)
  const { upper, lower } = value as { upper: SerializedNumber; lower: SerializedNumber }
  return (exactly(upper) << 64n) + exactly(lower)
}
