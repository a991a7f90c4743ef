/**
 * Checks JSON and notes where the fields of an object are, so that whoever wants its value right away need not look for them again.
 *
 * Model. Names are places in a tree: below a place are the names that came behind it. Records of a topic mostly have the same names in the
 * same order, so the name that came last time is compared first, and the place of the last name stands for all names of the object. A place
 * at which objects ended often makes them by one literal: they share one shape, and no name is looked up.
 *
 * Bounds. An object of more than {@link fieldsMax} fields has no outline, nor has one whose names differ from record to record or are longer
 * than {@link nameBytesMax}, or that holds more than one other: the platform's parser is as fast there.
 */
import '../../base/node-extras.ts'
import type { Lazy } from '../../data/lazy.ts'
import { cellKind } from '../../data/row.ts'
import { propertyName } from '../property-name.ts'
import { decodeJsonCell } from './cells.ts'
import {
  checkEnd,
  checkJson,
  equalsAt,
  nextField,
  scanName,
  scanned,
  scanValue,
  skipBlanks,
  valueBehindName,
} from './scan.ts'

const fieldsMax = 64
const containersMax = 1
/** Of a name with its quotes, so that all places together are small. */
const nameBytesMax = 256
/** Longer texts that are cut out of another would keep all of it in memory, and are slow to write. */
const cutMax = 12
/** Names that may follow a place, and places in all. */
const othersMax = 16
const placesMax = 1000
/** Objects that found no place, before all places are forgotten and learnt anew. */
const straysMax = 64
/** Values in a row that nobody made, after which fields are no more noted until somebody does: noting costs a fifth of checking. */
const unaskedMax = 16
/** Objects that end at a place before they are made by code of their own, which costs what parsing a hundred does. */
const endsMin = 20

/** A name behind those before it. */
interface Place {
  readonly quoted: Buffer
  /** Of the whole object so far. */
  readonly names: readonly string[]
  /** Whether the name has bytes beyond ASCII: each record's are checked, known or not. */
  readonly unicode: boolean
  readonly others: Place[]
  /** The one among the others that came last. */
  next: Place | undefined
  ends: number
  make: ((outline: JsonOutline) => unknown) | undefined
}

function placeOf(quoted: Buffer, names: readonly string[], unicode: boolean): Place {
  return { quoted, names, unicode, others: [], next: undefined, ends: 0, make: undefined }
}

interface OutlinedText extends Lazy {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

export class JsonOutline {
  #root = placeOf(Buffer.alloc(0), [], false)
  #places = 0
  #strays = 0
  #unasked = 0
  /** What was checked last; until it is said, and where that is no JSON, nothing. */
  owner: OutlinedText | undefined = undefined
  /** Where the names of the last object end; undefined where it has no outline. */
  #place: Place | undefined = undefined
  readonly #kinds = new Uint8Array(fieldsMax)
  readonly #starts = new Int32Array(fieldsMax)
  readonly #ends = new Int32Array(fieldsMax)
  /** Of the value that is being made. */
  #buffer: Buffer = this.#root.quoted
  #start = 0
  #text = ''

  /** What `checkJson` does, and notes where fields are. @throws StreamError `VALUE_MALFORMED` */
  check(buffer: Buffer, start: number, end: number): void {
    this.owner = undefined
    this.#place = undefined
    if (++this.#unasked > unaskedMax) {
      checkJson(buffer, start, end)
      return
    }
    scanned.unicode = false
    scanned.start = start
    const first = skipBlanks(buffer, start, end)
    const name = first < end && buffer[first] === 0x7b ? skipBlanks(buffer, first + 1, end) : end
    const isFilled = name < end && buffer[name] === 0x22
    const behind = isFilled ? this.#fields(buffer, name, end) : scanValue(buffer, first, end, 0)
    const kind = isFilled ? cellKind.object : scanned.kind
    checkEnd(buffer, behind, start, end)
    scanned.kind = kind
  }

  /** From the first name to behind the closing brace. */
  #fields(buffer: Buffer, first: number, end: number): number {
    let position = first
    let place: Place | undefined = this.#root
    let containers = 0
    const [kinds, starts, ends] = [this.#kinds, this.#starts, this.#ends]
    for (let index = 0; ; index++) {
      const name = position
      const next: Place | undefined = place?.next
      if (next !== undefined && equalsAt(buffer, name, end, next.quoted)) {
        place = next
        position = name + next.quoted.length
        if (next.unicode) scanned.unicode = true
      } else {
        position = scanName(buffer, name, end)
        place &&= this.#find(place, buffer, name, position)
      }
      const value = valueBehindName(buffer, position, end)
      position = scanValue(buffer, value, end, 1)
      if (scanned.kind === cellKind.object || scanned.kind === cellKind.array) containers++
      kinds[index] = scanned.kind
      starts[index] = value
      ends[index] = position
      position = nextField(buffer, position, end)
      if (buffer[position] === 0x7d) break
    }
    this.#place = containers > containersMax ? undefined : place
    return position + 1
  }

  /** The place of a name that is not the one that came last. */
  #find(place: Place, buffer: Buffer, start: number, end: number): Place | undefined {
    const known = place.others.find(({ quoted }) => equalsAt(buffer, start, end, quoted))
    if (known !== undefined) place.next = known
    else if (end - start <= nameBytesMax && !this.#isFull(place))
      place.next = this.#added(place, buffer.subarray(start, end))
    else return this.#strayed()
    return place.next
  }

  #isFull({ names, others }: Place): boolean {
    return names.length >= fieldsMax || others.length >= othersMax || this.#places >= placesMax
  }

  #added(place: Place, quoted: Buffer): Place {
    this.#places++
    const name = JSON.parse(quoted.utf8Slice()) as string
    const unicode = quoted.some((byte) => byte > 0x7f)
    const added = placeOf(Buffer.from(quoted), [...place.names, name], unicode)
    place.others.push(added)
    return added
  }

  #strayed(): undefined {
    if (++this.#strays < straysMax) return
    this.#root = placeOf(this.#root.quoted, [], false)
    this.#places = 0
    this.#strays = 0
  }

  /** Makes the value of a text; undefined where another was checked since, and where parsing does as well. */
  value(text: OutlinedText): unknown {
    this.#unasked = 0
    const place = this.owner === text ? this.#place : undefined
    if (place === undefined) return undefined
    if (place.make === undefined) {
      if (++place.ends < endsMin) return undefined
      place.make = literalOf(place.names)
    }
    this.#buffer = text.buffer
    this.#start = text.start
    this.#text = text.buffer.latin1Slice(text.start, text.end)
    return place.make(this)
  }

  /** The value of a field, for the code of a literal. */
  cell(index: number): unknown {
    const kind = this.#kinds[index] as number
    const [start, end] = [this.#starts[index] as number, this.#ends[index] as number]
    return kind === cellKind.text && end - start <= cutMax + 2
      ? this.#text.slice(start + 1 - this.#start, end - 1 - this.#start)
      : decodeJsonCell(this.#buffer, start, end, kind)
  }
}

/** All objects of these names; of a name that repeats, the last counts, as in `JSON.parse`. */
function literalOf(names: readonly string[]): (outline: JsonOutline) => unknown {
  const fields = names.map((name, index) => `${propertyName(name)}: outline.cell(${index})`)
  // eslint-disable-next-line no-new-func, typescript/no-implied-eval -- names are quoted: they are data in it
  return new Function('outline', `'use strict'; return { ${fields.join(', ')} }`) as ReturnType<
    typeof literalOf
  >
}
