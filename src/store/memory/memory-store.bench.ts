import { bench } from '../../../bench/harness.ts'
import { seededRandom } from '../../base/random.ts'
import { MemoryStore } from './memory-store.ts'

// Question: does a look-up stay below 0.3 µs when the table no longer fits a processor's cache, and what do writes cost?
// Budget: get 0.3 µs, insert 1 µs, update in place 0.5 µs, at a million entries of 100 bytes.
bench('memory store', (b) => {
  const entries = b.parameter('ENTRIES', 1_000, 1_000_000)
  const reads = b.parameter('READS', 1_000, 1_000_000)
  const keys = Array.from({ length: entries }, (_, index) => Buffer.from(`customer-${index}`))
  const value = Buffer.alloc(100, 1)
  const batches = (): {
    readonly entries: { readonly key: Buffer; readonly value: Buffer }[]
    readonly position: undefined
  }[] => {
    const all = []
    for (let from = 0; from < entries; from += 10_000) {
      all.push({
        entries: keys.slice(from, from + 10_000).map((key) => ({ key, value })),
        position: undefined,
      })
    }
    return all
  }
  const written = batches()
  const store = new MemoryStore()
  b.measure('insert', { count: entries, of: 'entries' }, () => {
    const fresh = new MemoryStore()
    for (const batch of written) fresh.write(batch)
    return fresh.entryCount
  })
  b.measure('update in place', { count: entries, of: 'entries' }, () => {
    for (const batch of written) store.write(batch)
    return store.entryCount
  })
  const random = seededRandom(3)
  const wanted = Array.from({ length: reads }, () => `customer-${random.below(entries)}`)
  const key = Buffer.alloc(32)
  b.measure('get, its key just encoded', { count: reads, of: 'reads' }, () => {
    let bytes = 0
    for (const text of wanted) bytes += store.get(key.subarray(0, key.write(text, 'latin1')))?.length ?? 0
    return bytes
  })
})
