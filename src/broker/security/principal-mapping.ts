/**
 * What a client's certificate makes of it: its distinguished name, or what rules make of that. The rules' text is Kafka's
 * [ssl.principal.mapping.rules]: `RULE:pattern/replacement/`, with `L` or `U` behind it for lower or upper case, or `DEFAULT`, separated
 * by commas; the first that fits decides.
 */
import { StreamError } from '../../base/errors.ts'

const ruleText = /(?:DEFAULT|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))(?=\s*(?:,|$))/gy

/** Gives the name; undefined where no rule fits. */
export type PrincipalMapping = (distinguishedName: string) => string | undefined

/** @throws StreamError `CONFIG_INVALID` */
export function parsePrincipalMapping(rules: string): PrincipalMapping {
  const mappings = [...splitRules(rules)]
  return (name) => {
    for (const map of mappings) {
      const mapped = map(name)
      if (mapped !== undefined) return mapped
    }
    return undefined
  }
}

function* splitRules(rules: string): Generator<PrincipalMapping, void, undefined> {
  let rest = rules.trim()
  do {
    ruleText.lastIndex = 0
    const match = ruleText.exec(rest)
    if (match === null)
      throw new StreamError('CONFIG_INVALID', `"${rest}" is no rule for names in certificates`, {
        hint: 'Write DEFAULT, or RULE:pattern/replacement/ with L or U behind it, separated by commas.',
      })
    yield toMapping(match)
    rest = rest.slice(match[0].length).replace(/^\s*,\s*/, '')
  } while (rest !== '')
}

function toMapping([, pattern, replacement = '', letters]: RegExpExecArray): PrincipalMapping {
  if (pattern === undefined) return (name) => name
  const expression = toExpression(pattern)
  return (name) => {
    if (!expression.test(name)) return undefined
    const replaced = name.replace(expression, replacement)
    if (letters === 'L') return replaced.toLowerCase()
    return letters === 'U' ? replaced.toUpperCase() : replaced
  }
}

function toExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (cause) {
    throw new StreamError('CONFIG_INVALID', `"${pattern}" is no regular expression`, { cause })
  }
}

/** A subject as OpenSSL prints it, a line for each part, in the form of RFC 2253 that Kafka shows. */
export function distinguishedName(subject: string): string {
  return subject.split('\n').toReversed().join(',')
}
