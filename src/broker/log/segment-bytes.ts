/** The bytes of one segment, in memory or in a file: batches one behind the other. */
export interface SegmentBytes {
  readonly sizeBytes: number
  /**
   * Adds at the end; all of it or nothing.
   *
   * @param synced - returns when they, and all before them, would survive a power failure, if they ever do
   * @throws StreamError `DISK_FULL`, `DATA_FOLDER_UNUSABLE`
   */
  append(bytes: Buffer, synced: boolean): void
  /** The bytes `[start, end)`, which stay as they are for as long as the caller holds them. */
  read(start: number, end: number): Buffer
  /** From `start` on, at least `leastBytes` (less at the end) and as much more as comes cheaply. */
  peek(start: number, leastBytes: number): Buffer
  /** Cuts what is behind. */
  truncate(sizeBytes: number): void
  /** Returns when the bytes would survive a power failure, if they ever do. */
  sync(): void
  /** Gives back what the system holds for it; the bytes stay. */
  close(): void
  /** The bytes go. Views that were handed out stay right. */
  delete(): void
}

/** Where one partition's segments are kept. */
export interface LogStorage {
  /** Of one segment, whatever the topic says. */
  readonly segmentBytesMax: number
  /** Whether so many bytes more are allowed. */
  hasRoom(bytes: number): boolean
  /** The segments that are there already, by base offset. */
  stored(): StoredSegment[]
  /** @param expectedBytes - how large it will be, as far as one can tell: as the segment before */
  create(baseOffset: number, expectedBytes: number): SegmentBytes
  /** A segment in the making, which a crash leaves no trace of. */
  draft(baseOffset: number): SegmentBytes
  /** Puts a draft in the place of the segment that has its base offset. A crash leaves the one or the other. */
  replace(old: SegmentBytes, draft: SegmentBytes): void
  /** Everything goes. */
  deleteAll(): void
}

export interface StoredSegment {
  readonly baseOffset: number
  readonly bytes: SegmentBytes
  /** How to name it to a person. */
  readonly name: string
}
