/** What a scalar can be. */
export type ScalarValue = string | number | boolean | null

const variable = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/**
 * Puts variables of the environment in place of `${NAME}` and `${NAME:-default}`; the default also stands for an empty variable.
 * `$${` is a plain `${`.
 *
 * @param onMissing - told of each variable without value and default, with its place in `text`; it becomes empty text
 */
export function substitute(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (name: string, offset: number, length: number) => void,
): string {
  return text.replaceAll(variable, (...match: unknown[]) => {
    const [whole, escaped, name, byDefault, offset] = match as [string, string?, string?, string?, number?]
    if (escaped !== undefined) return escaped
    const value = environment[name ?? '']
    if (byDefault !== undefined) return value === undefined || value === '' ? byDefault : value
    if (value === undefined) onMissing(name ?? '', offset ?? 0, whole.length)
    return value ?? ''
  })
}

/** What plain text means in YAML 1.2's core schema. */
export function resolvePlain(text: string): ScalarValue {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text)
  if (/^0x[\da-fA-F]+$|^0o[0-7]+$/.test(text)) return Number(text)
  return text
}
