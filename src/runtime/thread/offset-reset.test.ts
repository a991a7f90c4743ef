import { describe, expect, test } from 'vitest'
import type { Admin } from '../../kafka/contracts.ts'
import { offsetToGoOn, resetDurationMs, resetOffsets } from './offset-reset.ts'

/** Asks nothing but offsets: earliest is 3, latest 9, and times before 1000 are found at 5. */
const admin: Pick<Admin, 'listOffsets'> = {
  listOffsets: (partitions, at) => {
    const byTime = typeof at === 'number' && at < 1000 ? 5 : -1
    const offset = at === 'earliest' ? 3 : at === 'latest' ? 9 : byTime
    return Promise.resolve(
      new Map(partitions.map(({ topic, partition }) => [`${topic}-${partition}`, offset])),
    )
  },
}

function reset(policy: Parameters<typeof resetDurationMs>[0] | 'earliest' | 'latest' | 'none', nowMs = 2000) {
  const partitions = [{ topic: 'in', partition: 0 }]
  return resetOffsets(admin, partitions, { policyOf: () => policy, isolation: 'read_committed', nowMs })
}

test('begins where the policy says', async () => {
  expect(await reset('earliest')).toEqual(new Map([['in-0', 3]]))
  expect(await reset('latest')).toEqual(new Map([['in-0', 9]]))
  expect(await reset('by_duration:PT1.5S')).toEqual(new Map([['in-0', 5]]))
})

test('begins at the end where nothing is as new as the duration says', async () => {
  expect(await reset('by_duration:100ms')).toEqual(new Map([['in-0', 9]]))
})

test('refuses to begin where the policy is none', async () => {
  await expect(reset('none')).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
})

test('reads durations of both kinds', () => {
  expect(resetDurationMs('by_duration:P1DT2H3M4S')).toBe(93_784_000)
  expect(resetDurationMs('by_duration:1h30m')).toBe(5_400_000)
})

describe('an offset of which a broker said that it is not in the log', () => {
  const goOn = (fetchOffset: number) => {
    const partition = { topic: 'in', partition: 0, fetchOffset, nextOffset: fetchOffset, outOfRange: true }
    const chunk = { ...partition, highWatermark: -1, lastStableOffset: -1, batches: [], leaderEpoch: -1 }
    return offsetToGoOn(admin, chunk, {
      policyOf: () => 'earliest',
      isolation: 'read_committed',
      nowMs: 2000,
    })
  }

  test('before its start gives way to what the policy says', async () => {
    expect(await goOn(2)).toBe(3)
  })

  test('which it has after all is right', async () => {
    expect([await goOn(3), await goOn(7), await goOn(9)]).toEqual([3, 7, 9])
  })

  test('behind its end is no reason to begin anew', async () => {
    await expect(goOn(10)).rejects.toMatchObject({
      code: 'LOG_TRUNCATED',
      detail: expect.stringContaining('the log ends at 9'),
    })
  })
})
