import type { Random } from '../../base/random.ts'

const hexDigits = '0123456789abcdef'
const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 128 random bits as 32 hex digits, of a version-4 uuid. */
export function randomUuid(random: Random): string {
  let text = ''
  for (let i = 0; i < 32; i++) text += hexDigits[random.below(16)] ?? '0'
  return `${text.slice(0, 12)}4${text.slice(13, 16)}8${text.slice(17)}`
}

/** The form with dashes, as member ids have it. */
export function dashed(uuid: string): string {
  const parts = [uuid.slice(0, 8), uuid.slice(8, 12), uuid.slice(12, 16), uuid.slice(16, 20), uuid.slice(20)]
  return parts.join('-')
}

/** 22 characters, as Kafka's tools make cluster ids. */
export function randomClusterId(random: Random): string {
  let text = ''
  for (let i = 0; i < 22; i++) text += base64Digits[random.below(64)] ?? 'A'
  return text
}
