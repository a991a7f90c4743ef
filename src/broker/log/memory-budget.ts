/** How much all logs of a broker may hold in memory together. Bytes are taken by an append and given back by a deletion. */
export class MemoryBudget {
  readonly maxBytes: number
  usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  hasRoom(bytes: number): boolean {
    return this.usedBytes + bytes <= this.maxBytes
  }

  take(bytes: number): void {
    this.usedBytes += bytes
  }

  give(bytes: number): void {
    this.usedBytes -= bytes
  }
}
