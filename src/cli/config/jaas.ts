/**
 * The options of a login module, as `sasl.jaas.config` names them: `com.example.Module required name="value" other=value;`. In
 * quotes, a backslash takes the next character as it stands.
 */
export function jaasOptions(login: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const [, name, quoted, bare] of login.matchAll(
    /([A-Za-z0-9_.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g,
  )) {
    if (name !== undefined) options.set(name, quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '')
  }
  return options
}
