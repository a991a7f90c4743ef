import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'
import { fuzzTargets } from './targets.ts'

// `npm run fuzz` gives each decoder a million.
const inputs = Number(process.env['FUZZ_INPUTS'] ?? 1000)
const seed = Number(process.env['FUZZ_SEED'] ?? 7)

test.each(fuzzTargets)('$name gives values or clear errors for damaged bytes', async (target) => {
  const { decoded, refused, failures } = await fuzz(target, { inputs, seed })
  expect({ failures, seed }).toEqual({ failures: [], seed })
  expect(decoded + refused).toBe(inputs)
  expect(decoded).toBeGreaterThan(0)
})

test('what is no clear error is found', async () => {
  const broken = (bytes: Buffer): void => {
    if (bytes.length > 3) throw new TypeError('cannot read properties of undefined')
  }
  const { failures } = await fuzz(
    { name: 'broken', inputs: [Buffer.from('abc')], decode: broken },
    { inputs: 1000, seed },
  )
  expect(failures[0]).toContain('cannot read properties')
})

test('what hangs is found, and what a busy machine held up once is not', async () => {
  const wait = (ms: number): void => {
    for (const start = performance.now(); performance.now() - start < ms;);
  }
  const inputs = [Buffer.from('abc')]
  const held = new Set<string>()
  const holdsOnce = (bytes: Buffer): void => {
    const text = bytes.toString('hex')
    if (!held.has(text)) wait(3)
    held.add(text)
  }
  const options = { inputs: 20, seed, slowMs: 2 }
  const hangs = await fuzz({ name: 'hangs', inputs, decode: () => wait(3) }, options)
  expect(hangs.failures[0]).toMatch(/^took \d+ ms/)
  const holds = await fuzz({ name: 'held', inputs, decode: holdsOnce }, { ...options, inputs: 1 })
  expect(holds.failures).toEqual([])
})

test('memory without bound is found', async () => {
  const kept: Buffer[] = []
  const keeps = (): void => void kept.push(Buffer.alloc(32 * 1_048_576, 1))
  const { failures } = await fuzz(
    { name: 'keeps', inputs: [Buffer.from('abc')], decode: keeps },
    { inputs: 20, seed },
  )
  expect(failures[0]).toMatch(/^memory grew from \d+ to \d+ MiB$/)
})
