import '../base/node-extras.ts'
import { Lazy } from './lazy.ts'

/** ASCII text that is still in the bytes that a record brought: `buffer[start .. end)`. Filled anew for each record. */
export class TextSlice extends Lazy {
  buffer: Buffer = nothing
  start = 0
  end = 0

  materialize(): string {
    return this.buffer.latin1Slice(this.start, this.end)
  }

  detach(): TextSlice {
    const own = new TextSlice()
    own.buffer = Buffer.from(this.buffer.subarray(this.start, this.end))
    own.end = own.buffer.length
    return own
  }
}

const nothing = Buffer.alloc(0)
