import { chainCase } from './chain.ts'
import type { SimulationCase } from './case.ts'
import { countCase } from './count.ts'
import { dimensionCase } from './dimension.ts'
import { rekeyedJoinCase } from './rekeyed-join.ts'
import { tableJoinCase } from './table-join.ts'

/** Every topology under test. A new one is a file beside these, and a line here. */
export const cases: readonly SimulationCase[] = [
  countCase,
  chainCase,
  tableJoinCase,
  rekeyedJoinCase,
  dimensionCase,
]
