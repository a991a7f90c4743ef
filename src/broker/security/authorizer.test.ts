import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { noState } from '../log/state-log.ts'
import {
  aclOperations,
  aclPatterns,
  aclPermissions,
  aclResources,
  type Acl,
  type AclOperation,
  type AclResource,
} from './acls.ts'
import { Authorizer } from './authorizer.ts'

const alice = { principal: 'User:alice', host: '10.0.0.1' }
const bob = { principal: 'User:bob', host: '10.0.0.2' }

interface Rule {
  readonly may?: boolean
  readonly who?: string
  readonly host?: string
  readonly operation?: AclOperation
  readonly resource?: AclResource
  readonly name?: string
  readonly prefixed?: boolean
}

function acl(rule: Rule = {}): Acl {
  const { may = true, who = 'User:alice', host = '*', operation = 'read', resource = 'topic' } = rule
  return {
    resourceType: aclResources[resource],
    resourceName: rule.name ?? 'a',
    patternType: aclPatterns[rule.prefixed === true ? 'prefixed' : 'literal'],
    principal: who,
    host,
    operation: aclOperations[operation],
    permissionType: aclPermissions[may ? 'allow' : 'deny'],
  }
}

function withRules(rules: readonly Rule[], options: { closed?: boolean; superUsers?: string[] } = {}) {
  const { closed = false, superUsers = [] } = options
  const authorizer = new Authorizer({ superUsers, openWithoutAcls: !closed, aclsMax: 100, state: noState })
  for (const rule of rules) authorizer.add(acl(rule))
  return authorizer
}

describe('an authorizer', () => {
  test('is open to everyone without rules, or closed where it is told so', () => {
    expect(withRules([]).allows(bob, 'write', 'topic', 'a')).toBe(true)
    expect(withRules([], { closed: true }).allows(bob, 'write', 'topic', 'a')).toBe(false)
  })

  test('keeps a resource that a rule speaks of to those that it names, and others open', () => {
    const authorizer = withRules([{}])
    expect(authorizer.allows(alice, 'read', 'topic', 'a')).toBe(true)
    expect(authorizer.allows(alice, 'write', 'topic', 'a')).toBe(false)
    expect(authorizer.allows(bob, 'read', 'topic', 'a')).toBe(false)
    expect(authorizer.allows(bob, 'read', 'topic', 'b')).toBe(true)
    expect(authorizer.allows(bob, 'read', 'group', 'a')).toBe(true)
  })

  test.each([
    ['everyone', { who: 'User:*' }],
    ['all operations', { operation: 'all', who: 'User:bob' }],
    ['a prefix', { name: '', prefixed: true, who: 'User:bob' }],
    ['any name', { name: '*', who: 'User:bob' }],
    ['an address', { host: '10.0.0.2', who: 'User:bob' }],
  ] as const)('lets in who is meant by %s', (_, rule) => {
    const authorizer = withRules([rule], { closed: true })
    expect(authorizer.allows(bob, 'read', 'topic', 'a')).toBe(true)
    expect(authorizer.allows(bob, 'read', 'group', 'a')).toBe(false)
  })

  test('lets a refusal beat a permission, whatever pattern either has', () => {
    const authorizer = withRules([
      { who: 'User:*', name: '*' },
      { may: false, name: 'a', prefixed: true },
    ])
    expect(authorizer.allows(alice, 'read', 'topic', 'abc')).toBe(false)
    expect(authorizer.allows(alice, 'read', 'topic', 'b')).toBe(true)
    expect(authorizer.allows(bob, 'read', 'topic', 'abc')).toBe(true)
  })

  test('lets who may read, write, delete or alter describe too, but no refusal reaches further than it says', () => {
    for (const operation of ['read', 'write', 'delete', 'alter'] as const)
      expect(withRules([{ operation }]).allows(alice, 'describe', 'topic', 'a')).toBe(true)
    expect(withRules([{ operation: 'create' }]).allows(alice, 'describe', 'topic', 'a')).toBe(false)
    expect(withRules([{ operation: 'alterConfigs' }]).allows(alice, 'describeConfigs', 'topic', 'a')).toBe(
      true,
    )
    const refused = withRules([{ may: false, operation: 'read' }, { operation: 'all' }])
    expect(refused.allows(alice, 'describe', 'topic', 'a')).toBe(true)
    expect(refused.allows(alice, 'read', 'topic', 'a')).toBe(false)
  })

  test('lets super users do everything', () => {
    const authorizer = withRules([{ may: false, operation: 'all', name: '*' }], {
      superUsers: ['User:alice'],
    })
    expect(authorizer.allows(alice, 'write', 'topic', 'a')).toBe(true)
  })

  test('knows whether there is any topic that a client may write to', () => {
    const some = (rules: readonly Rule[]) =>
      withRules(rules, { closed: true }).allowsSome(alice, 'write', 'topic')
    const write = { operation: 'write' } as const
    expect(some([])).toBe(false)
    expect(some([write])).toBe(true)
    expect(some([write, { ...write, may: false, name: '*' }])).toBe(false)
    expect(some([write, { ...write, may: false }])).toBe(false)
    expect(
      some([
        { ...write, name: 'ab' },
        { ...write, may: false, name: 'a', prefixed: true },
      ]),
    ).toBe(false)
    expect(
      some([
        { ...write, name: 'a', prefixed: true },
        { ...write, may: false, name: 'ab' },
      ]),
    ).toBe(true)
  })

  test('refuses rules beyond its limit, but not one that it has', () => {
    const authorizer = new Authorizer({ superUsers: [], openWithoutAcls: true, aclsMax: 1, state: noState })
    expect([acl(), acl(), acl({ name: 'b' })].map((one) => authorizer.add(one))).toEqual([true, true, false])
  })
})

const rule = fc.record({
  may: fc.boolean(),
  who: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
  operation: fc.constantFrom('read', 'write', 'describe', 'all'),
  name: fc.constantFrom('a', 'ab', 'b', '*'),
  prefixed: fc.boolean(),
}) satisfies fc.Arbitrary<Rule>

property.prop([fc.array(rule, { maxLength: 6 }), fc.constantFrom('a', 'ab', 'abc', 'b'), fc.boolean()])(
  'a rule that denies never opens anything, and one that allows never closes what a rule speaks of',
  (rules, name, closed) => {
    const before = withRules(rules, { closed }).allows(alice, 'read', 'topic', name)
    const denied = withRules([...rules, { may: false, name }], { closed })
    expect(denied.allows(alice, 'read', 'topic', name)).toBe(false)
    const spoken = withRules([...rules, { may: true, name }], { closed })
    if (before) expect(spoken.allows(alice, 'read', 'topic', name)).toBe(true)
  },
)
