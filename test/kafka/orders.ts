/** The orders of the kill test: what goes in, and what must come out, recomputed without the engine. */
import type { AppendedRecord, Producer } from '../../src/kafka/contracts.ts'

const customerCount = 1000
const cities = ['Rotterdam', 'Leuven', 'Aarhus', 'Porto', 'Gdańsk']
const nothing = Buffer.alloc(0)

interface Order {
  readonly id: number
  readonly customer: string
  readonly amount: number
}

function orderAt(id: number): Order {
  return { id, customer: customerAt((id * 7919) % (customerCount + 50)), amount: (id * 31) % 997 }
}

function customerAt(index: number): string {
  return `c${index}`
}

/** Customers that orders name and the table lacks have no city. */
function cityOf(customer: string): string | null {
  const index = Number(customer.slice(1))
  return index < customerCount ? (cities[index % cities.length] ?? null) : null
}

export async function produceCustomers(producer: Producer): Promise<void> {
  await producer.partitionCount('customers')
  for (let index = 0; index < customerCount; index++) {
    const id = customerAt(index)
    append(producer, 'customers', id, JSON.stringify({ id, city: cityOf(id) }))
  }
  await producer.flush()
}

/** Appends orders `from` up to, without, `to`. */
export function produceOrders(producer: Producer, from: number, to: number): void {
  for (let id = from; id < to; id++) {
    append(producer, 'orders', String(id), JSON.stringify(orderAt(id)))
  }
}

function append(producer: Producer, topic: string, key: string, value: string): void {
  producer.append(topic, recordOf(Buffer.from(key), Buffer.from(value)))
}

function recordOf(key: Buffer, value: Buffer): AppendedRecord {
  return {
    partition: -1,
    timestampMs: Date.now(),
    key,
    keyStart: 0,
    keyEnd: key.length,
    value: value.length === 0 ? nothing : value,
    valueStart: 0,
    valueEnd: value.length,
    headers: undefined,
  }
}

/** What the query makes of the first orders, as compact JSON, by the order's id. */
export function expectedEnriched(count: number): string[] {
  return Array.from({ length: count }, (_, id) => {
    const { customer, amount } = orderAt(id)
    return JSON.stringify({ id, customer, city: cityOf(customer), doubled: amount * 2 })
  })
}

/** How many of the first orders there are of each customer. */
export function expectedCounts(count: number): Map<string, number> {
  return countedBy(count, ({ customer }) => customer)
}

/** Orders of each customer in each window of a thousand orders, as `customer@window`. */
export function expectedWindowCounts(count: number): Map<string, number> {
  return countedBy(count, ({ id, customer }) => `${customer}@${Math.floor(id / 1000)}`)
}

function countedBy(count: number, keyOf: (order: Order) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (let id = 0; id < count; id++) {
    const key = keyOf(orderAt(id))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
