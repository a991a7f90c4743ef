import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/**
 * Lets the heap grow to four times what lives before a full collection, V8's own maximum. What it chooses by itself at a low load is far
 * less: a collection each second, whose marking takes the cores that a broker on the same machine needs.
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=300')
}

/**
 * Has V8 weigh memory outside of its heap (what sockets read into, logs) together with the heap, instead of marking all of the heap
 * whenever that memory has grown by some megabytes: an eighth of the collections, and half of the CPU that a broker takes in with.
 *
 * The sum has a limit, about twice that of the heap, and beyond it collections would never end: left alone where it could be reached.
 *
 * @param outsideBytesMax - what may lie outside of the heap for long
 */
export function weighOutsideMemory(outsideBytesMax: number): void {
  if (outsideBytesMax <= getHeapStatistics().heap_size_limit)
    setFlagsFromString('--external-memory-accounted-in-global-limit')
}
