/**
 * What both sides of SCRAM (RFC 5802, RFC 7677) compute. The client proves that it knows the password without sending it; the
 * broker proves that it knows what was derived from it.
 *
 * As in Kafka, passwords are taken as UTF-8, without SASLprep.
 */
import { createHash, createHmac, pbkdf2, pbkdf2Sync } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** A broker keeps `storedKey` and `serverKey`; a client makes all of them from the password. */
export interface ScramKeys {
  readonly clientKey: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** With Kafka's numbers of them. */
export const scramMechanisms = {
  'SCRAM-SHA-256': { type: 1, hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { type: 2, hash: 'sha512', bytes: 64 },
} as const
const deriveKey = promisify(pbkdf2)

/** Costs as many hashes as there are iterations; runs beside the event loop. */
export async function scramKeys(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const { hash, bytes } = scramMechanisms[mechanism]
  return scramKeysOfSalted(mechanism, await deriveKey(password, salt, iterations, bytes, hash))
}

/** As {@link scramKeys}, at once: the event loop waits for some milliseconds. */
export function scramKeysNow(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): ScramKeys {
  const { hash, bytes } = scramMechanisms[mechanism]
  return scramKeysOfSalted(mechanism, pbkdf2Sync(password, salt, iterations, bytes, hash))
}

/** From a password that somebody has salted already. */
export function scramKeysOfSalted(mechanism: ScramMechanism, salted: Buffer): ScramKeys {
  const clientKey = scramSignature(mechanism, salted, 'Client Key')
  const serverKey = scramSignature(mechanism, salted, 'Server Key')
  return { clientKey, storedKey: scramStoredKey(mechanism, clientKey), serverKey }
}

/** What a broker keeps of the key that a client has, and compares a proof with. */
export function scramStoredKey(mechanism: ScramMechanism, clientKey: Buffer): Buffer {
  return createHash(scramMechanisms[mechanism].hash).update(clientKey).digest()
}

export function scramSignature(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(scramMechanisms[mechanism].hash, key).update(text).digest()
}

/** The client's proof, or of a proof the client's key: one is the other with the signature laid over it. */
export function scramXor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)))
}

/** `r=…,s=…,i=4096` by their letters; values may hold `=`. */
export function scramAttributes(message: string): ReadonlyMap<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(2)]))
}

/** A name as it stands in a message. */
export function scramName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}
