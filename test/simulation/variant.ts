/** What a seed draws for a topology. */
export interface Variant {
  readonly caching: boolean
  /** Whether a table's own topic serves as its change log. Where there is no such table, cases draw something else by it. */
  readonly optimised: boolean
}
