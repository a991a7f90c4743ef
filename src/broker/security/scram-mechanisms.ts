import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

interface MechanismFacts {
  /** Kafka's number of it. */
  readonly type: number
  readonly digest: 'sha256' | 'sha512'
  readonly digestBytes: number
}

export const scramMechanisms: Readonly<Record<ScramMechanism, MechanismFacts>> = {
  'SCRAM-SHA-256': { type: 1, digest: 'sha256', digestBytes: 32 },
  'SCRAM-SHA-512': { type: 2, digest: 'sha512', digestBytes: 64 },
}

export const scramIterations = { min: 4096, max: 16_384 } as const

/** What a server keeps instead of a password. Source: RFC 5802. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export function scramMechanismOf(type: number): ScramMechanism | undefined {
  const names = Object.keys(scramMechanisms) as ScramMechanism[]
  return names.find((name) => scramMechanisms[name].type === type)
}

/** From a password that somebody has salted already. */
export function credentialOfSalted(
  mechanism: ScramMechanism,
  salted: { readonly salt: Buffer; readonly iterations: number; readonly saltedPassword: Buffer },
): ScramCredential {
  const { salt, iterations, saltedPassword } = salted
  const clientKey = hmac(mechanism, saltedPassword, 'Client Key')
  return {
    // A copy: the bytes lie in a request.
    salt: Buffer.from(salt),
    iterations,
    storedKey: createHash(scramMechanisms[mechanism].digest).update(clientKey).digest(),
    serverKey: hmac(mechanism, saltedPassword, 'Server Key'),
  }
}

export function credentialOfPassword(
  mechanism: ScramMechanism,
  password: string,
  { salt, iterations }: { readonly salt: Buffer; readonly iterations: number },
): ScramCredential {
  const { digest, digestBytes } = scramMechanisms[mechanism]
  const saltedPassword = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, digestBytes, digest)
  return credentialOfSalted(mechanism, { salt, iterations, saltedPassword })
}

export function hmac(mechanism: ScramMechanism, key: Buffer, text: string | Buffer): Buffer {
  return createHmac(scramMechanisms[mechanism].digest, key).update(text).digest()
}
