interface Order {
  readonly paid: boolean
  readonly price: number
  readonly count: number
}

interface NumberStore {
  get(key: string): number | null
  put(key: string, value: number): void
}

export function is_paid(_key: string, value: Order): boolean {
  return value.paid
}

export function withTotal(
  key: string,
  value: Order,
  { stores }: { stores: Record<'spent', NumberStore> },
): object {
  const total = value.price * value.count
  const spent = (stores.spent.get(key) ?? 0) + total
  stores.spent.put(key, spent)
  return { total, spent }
}
