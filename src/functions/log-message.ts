/** Puts arguments into `{}` placeholders, in order; missing and left over ones are tolerated, `\{}` stays a pair of braces. */
export function formatLogMessage(message: unknown, args: readonly unknown[]): string {
  const source = String(message)
  let index = 0
  return source.replace(/\\\{\}|\{\}/g, (found) => {
    if (found.length > 2) return '{}'
    return index < args.length ? render(args[index++]) : found
  })
}

function render(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return '[object]'
  }
}
