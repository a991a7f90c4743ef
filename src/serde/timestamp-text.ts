/** Microseconds since the Unix epoch as RFC 3339 in UTC, with as many decimals as they need. */
export function timestampText(micros: number): string {
  const ms = Math.floor(micros / 1000)
  const rest = micros - ms * 1000
  const text = new Date(ms).toISOString()
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
