import { expect, test } from 'vitest'
import { brokerDefaults } from './broker-config.ts'
import { brokerSettings, configOf, settingOf } from './broker-settings.ts'

const told = (settings: Record<string, string>) =>
  configOf(new Map(Object.entries(settings)), (name, names) => `${name} of ${names.length}`)

test('settings by the names of Apache Kafka are those of the broker', () => {
  const settings = {
    'auto.create.topics.enable': 'true',
    'num.partitions': '4',
    'offsets.retention.minutes': '2',
    'log.retention.ms': '5',
    'message.max.bytes': '6',
  }
  expect(told(settings)).toEqual({
    autoCreateTopics: true,
    defaultPartitions: 4,
    offsetsRetentionMs: 120_000,
    topicDefaults: { 'retention.ms': '5', 'max.message.bytes': '6' },
  })
})

test('super users are principals with semicolons between, whose names may have commas', () => {
  const { 'super.users': setting } = brokerSettings
  const superUsers = ['User:alice', 'User:CN=bob,O=Weft']
  expect(told({ 'super.users': ' User:alice; User:CN=bob,O=Weft;' })).toEqual({ superUsers })
  expect(setting && settingOf({ ...brokerDefaults, superUsers }, setting)).toEqual({
    value: superUsers.join(';'),
    byDefault: false,
  })
})

test('what each setting is by itself can be set', () => {
  for (const [name, setting] of Object.entries(brokerSettings)) {
    const { value, byDefault } = settingOf(brokerDefaults, setting)
    expect([name, byDefault]).toEqual([name, true])
    expect(told({ [name]: value })).toEqual({ [setting.key]: brokerDefaults[setting.key] })
  }
})

test.each([
  ['num.partitions', '0', 'Value must be at least 1'],
  ['num.partitions', 'four', 'Not a number of type INT'],
  ['auto.create.topics.enable', 'yes', 'Expected value to be either true or false'],
  ['log.retention.check.interval.ms', '9999999999', 'Value must be no more than 2147483647'],
  ['super.users', 'User:alice;bob', 'Not a principal such as User:alice: "bob"'],
  ['super.users', 'User:', 'Not a principal such as User:alice: "User:"'],
  ['log.cleanup.policy', 'burn', 'String must be one of: delete, compact'],
])('%s cannot be %s', (name, value, detail) => {
  expect(() => told({ [name]: value })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: `"${name}" cannot be "${value}"`, detail }),
  )
})

test.each([
  [
    { 'group.min.session.timeout.ms': '1800001' },
    'no more than "group.max.session.timeout.ms", which is 1800000',
  ],
  [{ 'group.max.session.timeout.ms': '5999' }, 'no more than "group.max.session.timeout.ms", which is 5999'],
  [
    { 'group.consumer.heartbeat.interval.ms': '7', 'group.consumer.session.timeout.ms': '7' },
    'less than "group.consumer.session.timeout.ms", which is 7',
  ],
])('%j leaves members no time that fits, and is refused', (settings, what) => {
  expect(() => told(settings)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', detail: `It must be ${what}.` }),
  )
})

test('the least and the greatest time of a session may be one', () => {
  const both = { 'group.min.session.timeout.ms': '7', 'group.max.session.timeout.ms': '7' }
  expect(told(both)).toEqual({ groupSessionTimeoutMinMs: 7, groupSessionTimeoutMaxMs: 7 })
})

test('a name that is none is refused, with what whoever asks has to say of it', () => {
  expect(() => told({ 'num.partition': '4' })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: '"num.partition" is no setting of the broker',
      hint: expect.stringMatching(/^num.partition of [0-9]+$/),
    }),
  )
})
