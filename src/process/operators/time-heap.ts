/** Times, of which the earliest is known: a binary heap. */
export class TimeHeap {
  readonly #times: number[] = []

  get count(): number {
    return this.#times.length
  }

  get first(): number | undefined {
    return this.#times[0]
  }

  add(timeMs: number): void {
    const times = this.#times
    let at = times.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((times[parent] as number) <= timeMs) break
      times[at] = times[parent] as number
      at = parent
    }
    times[at] = timeMs
  }

  removeFirst(): void {
    const times = this.#times
    const last = times.pop()
    if (last === undefined || times.length === 0) return
    let at = 0
    for (let child = 1; child < times.length; child = 2 * at + 1) {
      if ((times[child + 1] ?? Number.POSITIVE_INFINITY) < (times[child] as number)) child++
      if ((times[child] as number) >= last) break
      times[at] = times[child] as number
      at = child
    }
    times[at] = last
  }
}
