/** What stands before the value of a field in the records of a topic, from the value before it: comma, name, colon, and the blanks between. */
export interface Lead {
  /** Whether the field is the first one: then it begins with the name. */
  readonly first: boolean
  readonly nameAt: number
  readonly length: number
  /** Its bytes but the last four to seven, as little-endian words. */
  readonly words: Int32Array
  /** The last four bytes. */
  readonly last: number
}

/** Longer ones are blanks for the most part, and are not remembered. */
const lengthMax = 512
const wordBytes = 4

/**
 * Of the field whose name begins at `name` and whose value begins at `end`.
 *
 * @param start - behind the value before; where the name is, if there is none
 * @returns undefined where it is too short or too long to be compared by words
 */
export function leadOf(buffer: Buffer, start: number, name: number, end: number): Lead | undefined {
  const length = end - start
  if (length < wordBytes || length > lengthMax) return undefined
  const words = new Int32Array(Math.floor((length - 1) / wordBytes))
  for (let index = 0; index < words.length; index++)
    words[index] = buffer.readInt32LE(start + index * wordBytes)
  return {
    first: start === name,
    nameAt: name - start,
    length,
    words,
    last: buffer.readInt32LE(end - wordBytes),
  }
}

/** Whether it stands at `at`, before `end`. Hot path: four bytes at a time. */
export function standsAt({ words, length, last }: Lead, view: DataView, at: number, end: number): boolean {
  if (at + length > end || view.getInt32(at + length - wordBytes, true) !== last) return false
  for (let index = 0; index < words.length; index++)
    if (view.getInt32(at + index * wordBytes, true) !== words[index]) return false
  return true
}
