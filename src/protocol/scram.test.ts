import { expect, test } from 'vitest'
import { scramAttributes, scramKeys, scramName, scramSignature, scramXor } from './scram.ts'

// RFC 7677, section 3: user "user", password "pencil".
const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const first = `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
const signed = `n=user,r=rOprNGfwEbeRWgbNEkqO,${first},c=biws,r=${nonce}`

test('computes the proof and the signature of the RFC', async () => {
  const salt = Buffer.from(scramAttributes(first).get('s') ?? '', 'base64')
  const keys = await scramKeys('SCRAM-SHA-256', 'pencil', salt, 4096)
  const proof = scramXor(keys.clientKey, scramSignature('SCRAM-SHA-256', keys.storedKey, signed))
  expect(proof.toString('base64')).toBe('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=')
  const signature = scramSignature('SCRAM-SHA-256', keys.serverKey, signed)
  expect(signature.toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

test('reads attributes whose values hold the sign of equality', () => {
  expect([...scramAttributes(first)]).toEqual([
    ['r', nonce],
    ['s', 'W22ZaJ0SNY7soEsUEjb6gQ=='],
    ['i', '4096'],
  ])
})

test('writes names so that they end no attribute', () => {
  expect(scramName('a=b,c')).toBe('a=3Db=2Cc')
})
