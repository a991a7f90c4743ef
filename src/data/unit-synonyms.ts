/** Short names of units of time, as DuckDB takes them in intervals and in the names of parts. */
export const unitSynonyms: Readonly<Record<string, string>> = {
  y: 'year',
  yr: 'year',
  mon: 'month',
  w: 'week',
  d: 'day',
  h: 'hour',
  hr: 'hour',
  m: 'minute',
  min: 'minute',
  s: 'second',
  sec: 'second',
  ms: 'millisecond',
  msec: 'millisecond',
  us: 'microsecond',
  usec: 'microsecond',
}
