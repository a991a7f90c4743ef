/** What a broker keeps instead of passwords. Source: RFC 5802. */
import {
  scramKeysNow,
  scramKeysOfSalted,
  scramMechanisms,
  type ScramMechanism,
} from '../../protocol/scram.ts'

/** Fewer are too weak, more occupy the broker. As in Kafka. */
export const scramIterations = { min: 4096, max: 16_384 } as const

export const scramNames = Object.keys(scramMechanisms) as ScramMechanism[]

interface Salting {
  readonly salt: Buffer
  readonly iterations: number
}

export interface ScramCredential extends Salting {
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export function scramMechanismOf(type: number): ScramMechanism | undefined {
  return scramNames.find((name) => scramMechanisms[name].type === type)
}

/** From a password that somebody has salted already. */
export function credentialOfSalted(
  mechanism: ScramMechanism,
  { salt, iterations, saltedPassword }: Salting & { readonly saltedPassword: Buffer },
): ScramCredential {
  const { storedKey, serverKey } = scramKeysOfSalted(mechanism, saltedPassword)
  // A copy: the bytes lie in a request.
  return { salt: Buffer.from(salt), iterations, storedKey, serverKey }
}

export function credentialOfPassword(
  mechanism: ScramMechanism,
  password: string,
  { salt, iterations }: Salting,
): ScramCredential {
  const { storedKey, serverKey } = scramKeysNow(mechanism, password, salt, iterations)
  return { salt, iterations, storedKey, serverKey }
}
