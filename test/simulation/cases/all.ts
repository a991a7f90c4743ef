import { bestValuesCase } from './best-values.ts'
import { chainCase } from './chain.ts'
import type { SimulationCase } from './case.ts'
import { countCase } from './count.ts'
import { dimensionCase } from './dimension.ts'
import { drivingDimensionCase } from './driving-dimension.ts'
import { expiringCase } from './expiring.ts'
import { foreignKeyJoinCase } from './foreign-key-join.ts'
import { functionsCase } from './functions.ts'
import { heldBackCase } from './held-back.ts'
import { lookupCase } from './lookup.ts'
import { punctuatorsCase } from './punctuators.ts'
import { rekeyedJoinCase } from './rekeyed-join.ts'
import { selfJoinCase } from './self-join.ts'
import { sessionsCase } from './sessions.ts'
import { streamJoinCase } from './stream-join.ts'
import { tablesCase } from './tables.ts'
import { tableJoinCase } from './table-join.ts'
import { versionedJoinCase } from './versioned-join.ts'
import { waitingJoinCase } from './waiting-join.ts'
import { slidingCase } from './sliding.ts'
import { cumulatingCase, hoppingCase, suppressedCase } from './windows.ts'

/** Every topology under test. A new one is a file beside these, and a line here. */
export const cases: readonly SimulationCase[] = [
  countCase,
  chainCase,
  functionsCase,
  bestValuesCase,
  punctuatorsCase,
  expiringCase,
  tableJoinCase,
  tablesCase,
  rekeyedJoinCase,
  dimensionCase,
  lookupCase,
  hoppingCase,
  cumulatingCase,
  slidingCase,
  suppressedCase,
  heldBackCase,
  sessionsCase,
  streamJoinCase,
  selfJoinCase,
  versionedJoinCase,
  foreignKeyJoinCase,
  waitingJoinCase,
  drivingDimensionCase,
]
