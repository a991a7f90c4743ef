/** The end of each hint for a record that went wrong. `weft dev` has no policy for such records. */
export const leftOutHint =
  'let such records be left out: weft run --on-error, or errorHandling in the file given by --config.'
