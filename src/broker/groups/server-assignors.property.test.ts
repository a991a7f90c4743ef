import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { serverAssignors, type AssignedTopic, type Subscriber } from './server-assignors.ts'

const topics: fc.Arbitrary<AssignedTopic[]> = fc
  .array(fc.nat(9), { minLength: 1, maxLength: 4 })
  .map((counts) => counts.map((partitions, index) => ({ id: `id${index}`, name: `t${index}`, partitions })))
const subscriptions = fc.array(fc.subarray(['t0', 't1', 't2', 't3'], { minLength: 1 }), {
  minLength: 1,
  maxLength: 6,
})

function subscribersOf(
  wishes: readonly (readonly string[])[],
  before?: Map<string, ReadonlySet<string>>,
): Subscriber[] {
  return wishes.map((subscribedTopics, index) => ({
    memberId: `m${index}`,
    instanceId: null,
    subscribedTopics,
    before: before?.get(`m${index}`) ?? new Set<string>(),
  }))
}

function assign(name: string, members: readonly Subscriber[], among: readonly AssignedTopic[]) {
  const assignor = serverAssignors[name]
  if (assignor === undefined) throw new Error(`no assignor ${name}`)
  return assignor(members, among)
}

test.prop([fc.constantFrom('uniform', 'range'), topics, subscriptions])(
  'each partition that somebody subscribes to goes to exactly one of those',
  (name, among, wishes) => {
    const members = subscribersOf(wishes)
    const assigned = assign(name, members, among)
    const given = [...assigned].flatMap(([memberId, partitions]) =>
      [...partitions].map((key) => ({ memberId, key })),
    )
    const wanted = among
      .filter((topic) => wishes.some((wish) => wish.includes(topic.name)))
      .flatMap(({ id, partitions }) => Array.from({ length: partitions }, (_, at) => `${id}:${at}`))
    expect(given.map(({ key }) => key).toSorted()).toEqual(wanted.toSorted())
    for (const { memberId, key } of given) {
      const topic = among.find(({ id }) => key.startsWith(`${id}:`))
      expect(members.find((member) => member.memberId === memberId)?.subscribedTopics).toContain(topic?.name)
    }
  },
)

test.prop([topics, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })])(
  'uniform shares differ by one at most, and a member that comes or goes moves no more than that takes',
  (among, count, next) => {
    const all = among.map(({ name }) => name)
    const wishes = (members: number): string[][] => Array.from({ length: members }, () => all)
    const before = assign('uniform', subscribersOf(wishes(count)), among)
    const after = assign('uniform', subscribersOf(wishes(next), before), among)
    const total = among.reduce((sum, { partitions }) => sum + partitions, 0)
    const least = Math.floor(total / next)
    for (const { size } of after.values()) {
      expect(size).toBeGreaterThanOrEqual(least)
      expect(size).toBeLessThanOrEqual(Math.ceil(total / next))
    }
    const kept = [...after].reduce(
      (sum, [id, now]) => sum + now.intersection(before.get(id) ?? new Set()).size,
      0,
    )
    const couldStay = Array.from({ length: Math.min(count, next) }, (_, index) =>
      Math.min(before.get(`m${index}`)?.size ?? 0, least),
    ).reduce((sum, share) => sum + share, 0)
    expect(kept).toBeGreaterThanOrEqual(couldStay)
  },
)

test.prop([fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 })])(
  'ranges give the same numbers of all topics to the same member, in runs',
  (partitions, count) => {
    const among = ['t0', 't1'].map((name) => ({ id: name, name, partitions }))
    const members = subscribersOf(Array.from({ length: count }, () => ['t0', 't1']))
    for (const given of assign('range', members, among).values()) {
      const numbers = (id: string): number[] =>
        [...given].filter((key) => key.startsWith(`${id}:`)).map((key) => Number(key.split(':')[1]))
      expect(numbers('t0')).toEqual(numbers('t1'))
      expect(numbers('t0').every((number, at, all) => number === (all[0] ?? 0) + at)).toBe(true)
    }
  },
)
