/** What a client says in each SASL mechanism: PLAIN (RFC 4616), SCRAM (RFC 5802) and OAUTHBEARER (RFC 7628). */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { scramAttributes, scramKeys, scramName, scramSignature, scramXor } from '../../protocol/scram.ts'
import type { ScramMechanism } from '../../protocol/scram.ts'
import type { PasswordSettings, SaslSettings, TokenSettings } from './sasl-settings.ts'

/** Hands bytes to the broker and gives its answer; throws where it refuses. */
type Ask = (bytes: Buffer) => Promise<Buffer>

/** What the broker said that it may not say; the text holds no secret. */
export class SaslBroken extends Error {}

const nonceBytes = 24
/** RFC 7677 wants the least; the most keeps a broker from occupying us. */
const iterationsMin = 4096
const iterationsMax = 1_000_000

/** @param token - gives the bearer token where the settings want one */
export function exchangeSasl(settings: SaslSettings, token: () => Promise<string>, ask: Ask): Promise<void> {
  switch (settings.mechanism) {
    case 'PLAIN':
      return exchangePlain(settings, ask)
    case 'OAUTHBEARER':
      return exchangeBearer(settings, token, ask)
    default:
      return exchangeScram(settings, settings.mechanism, ask)
  }
}

async function exchangePlain({ username, password }: PasswordSettings, ask: Ask): Promise<void> {
  await ask(Buffer.from(`\0${username}\0${password}`))
}

async function exchangeBearer(
  { extensions = {} }: TokenSettings,
  token: () => Promise<string>,
  ask: Ask,
): Promise<void> {
  const more = Object.entries(extensions).map(([name, value]) => `\x01${name}=${value}`)
  const answer = await ask(Buffer.from(`n,,\x01auth=Bearer ${await token()}${more.join('')}\x01\x01`))
  if (answer.length === 0) return
  // A refusal in words; the broker refuses for good when they are acknowledged.
  await ask(Buffer.from('\x01'))
  throw new SaslBroken(`The broker answered ${answer.toString('utf8').slice(0, 200)}`)
}

async function exchangeScram(
  { username, password }: PasswordSettings,
  mechanism: ScramMechanism,
  ask: Ask,
): Promise<void> {
  const nonce = randomBytes(nonceBytes).toString('base64')
  const firstBare = `n=${scramName(username)},r=${nonce}`
  const first = (await ask(Buffer.from(`n,,${firstBare}`))).toString('utf8')
  const challenge = readChallenge(first, nonce)
  const { clientKey, storedKey, serverKey } = await scramKeys(
    mechanism,
    password,
    challenge.salt,
    challenge.iterations,
  )
  const finalBare = `c=biws,r=${challenge.nonce}`
  const signed = `${firstBare},${first},${finalBare}`
  const proof = scramXor(clientKey, scramSignature(mechanism, storedKey, signed))
  const last = await ask(Buffer.from(`${finalBare},p=${proof.toString('base64')}`))
  checkBroker(last.toString('utf8'), scramSignature(mechanism, serverKey, signed))
}

function readChallenge(
  message: string,
  ours: string,
): { readonly nonce: string; readonly salt: Buffer; readonly iterations: number } {
  const attributes = scramAttributes(message)
  const nonce = attributes.get('r') ?? ''
  const salt = Buffer.from(attributes.get('s') ?? '', 'base64')
  const iterations = Number(attributes.get('i'))
  if (!nonce.startsWith(ours) || nonce.length === ours.length)
    throw new SaslBroken('Its nonce is not made from ours.')
  if (salt.length === 0) throw new SaslBroken('It sent no salt.')
  if (!(iterations >= iterationsMin && iterations <= iterationsMax))
    throw new SaslBroken(
      `It asks for ${iterations} iterations; ${iterationsMin} to ${iterationsMax} are taken.`,
    )
  return { nonce, salt, iterations }
}

function checkBroker(message: string, expected: Buffer): void {
  const attributes = scramAttributes(message)
  const refusal = attributes.get('e')
  if (refusal !== undefined) throw new SaslBroken(`It said "${refusal.slice(0, 100)}".`)
  const given = Buffer.from(attributes.get('v') ?? '', 'base64')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new SaslBroken('It did not prove that it knows the password: it may be somebody else.')
}
