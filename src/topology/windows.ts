/** How a windowed aggregate divides time. All lengths are whole milliseconds. */
export type Windows = HoppingWindows | CumulatingWindows | SlidingWindows | SessionWindows

/** Begin at multiples of the advance, end before start + size. Size and advance equal: they tumble. */
export interface HoppingWindows {
  readonly kind: 'hopping'
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

/** All begin at multiples of the size; one ends with each step, up to the size, which is a multiple of it. Kept by their last step. */
export interface CumulatingWindows {
  readonly kind: 'cumulating'
  readonly sizeMs: number
  readonly stepMs: number
  readonly graceMs: number
}

/** As long as the difference, both ends included; one ends with each record. */
export interface SlidingWindows {
  readonly kind: 'sliding'
  readonly differenceMs: number
  readonly graceMs: number
}

/** Records that are at most the gap apart. */
export interface SessionWindows {
  readonly kind: 'session'
  readonly gapMs: number
  readonly graceMs: number
}
