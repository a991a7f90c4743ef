import { getHeapStatistics, setFlagsFromString } from 'node:v8'

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
