import { describe, expect, test } from 'vitest'
import { applyProperties } from './kafka-properties.ts'

describe('applyProperties', () => {
  test("gives settings for Kafka's properties", () => {
    const { settings, unsupported } = applyProperties({
      'application.id': 'app',
      'bootstrap.servers': 'a:9092',
      'processing.guarantee': 'exactly_once_v2',
      'num.stream.threads': '4',
      'commit.interval.ms': '200',
      'auto.offset.reset': 'latest',
      'max.task.idle.ms': '-1',
      'state.cleanup.delay.ms': '60000',
      'session.timeout.ms': '6000',
      'linger.ms': '0',
      'compression.type': 'zstd',
      'buffer.memory': '1000000',
      acks: 'all',
      'topology.optimization': 'all',
    })
    expect(unsupported).toEqual([])
    expect(settings).toEqual({
      guarantee: 'exactly_once_v2',
      threads: 4,
      commitIntervalMs: 200,
      offsetReset: 'latest',
      maxTaskIdleMs: -1,
      stateCleanupDelayMs: 60_000,
      sessionTimeoutMs: 6000,
      producer: { lingerMs: 0, compression: 'zstd' },
      bounds: { producerBytes: 1_000_000 },
    })
  })

  test('lets a property of the consumer or producer go before the plain one, wherever it stands', () => {
    const { settings } = applyProperties({ 'producer.linger.ms': '7', 'linger.ms': '1' })
    expect(settings.producer.lingerMs).toBe(7)
  })

  test('names what has no effect', () => {
    const { unsupported } = applyProperties({
      acks: '1',
      'statestore.cache.max.bytes': '10485760',
      'restore.consumer.fetch.max.bytes': '5',
      'linger.ms': '5',
    })
    expect(unsupported).toEqual(['acks', 'statestore.cache.max.bytes', 'restore.consumer.fetch.max.bytes'])
  })

  test('names what has no effect on security, rather than passing over it', () => {
    const { unsupported } = applyProperties({
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'ssl.truststore.password': 'p',
      'ssl.enabled.protocols': 'TLSv1.3',
      'ssl.cipher.suites': 'TLS_AES_256_GCM_SHA384',
      'sasl.kerberos.service.name': 'kafka',
    })
    expect(unsupported).toEqual(['ssl.enabled.protocols', 'ssl.cipher.suites', 'sasl.kerberos.service.name'])
  })

  test('keeps a duration as an offset reset', () => {
    expect(applyProperties({ 'auto.offset.reset': 'by_duration:PT1H' }).settings.offsetReset).toBe(
      'by_duration:PT1H',
    )
  })

  test('reports all values that cannot be read together', () => {
    const wrong = { 'num.stream.threads': 'two', 'processing.guarantee': 'twice', 'compression.type': 'rar' }
    expect(() => applyProperties(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        detail: [
          '"num.stream.threads" is not a whole number from 1 on: "two".',
          '"processing.guarantee" is not "exactly_once_v2" or "at_least_once": "twice".',
          '"compression.type" is not one of none, gzip, snappy, lz4, zstd: "rar".',
        ].join('\n'),
      }),
    )
  })
})
