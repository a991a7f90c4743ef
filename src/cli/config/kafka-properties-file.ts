/** A file of Java properties, as Kafka's own tools take it with `--command-config`. */
import { readText } from '../text-file.ts'
import { applyProperties, type DraftSettings } from './kafka-properties.ts'
import { securityOf, type KafkaSecurity } from './kafka-security.ts'
import type { Properties } from './wrong-property.ts'

/**
 * How the cluster is reached, by the file's properties of security.
 *
 * @param path - undefined: without security
 * @throws StreamError `FILE_UNREADABLE`, `CONFIG_INVALID`
 */
export function securityOfFile(path: string | undefined): KafkaSecurity {
  return securityOf(path === undefined ? {} : readProperties(readText(path)))
}

/**
 * How records are written, by the file's properties of producers.
 *
 * @param path - undefined: nothing is said of it
 * @throws StreamError `FILE_UNREADABLE`, `CONFIG_INVALID`
 */
export function producerOfFile(path: string | undefined): DraftSettings['producer'] {
  return path === undefined ? {} : applyProperties(readProperties(readText(path))).settings.producer
}

/**
 * One `name=value` a line; `:` or blanks separate as well. A line that begins with `#` or `!` is a comment, one that ends with a backslash
 * goes on in the next, and elsewhere a backslash takes the next character as it stands.
 */
export function readProperties(text: string): Properties {
  const properties: Record<string, string> = {}
  for (const line of wholeLines(text)) {
    const [, name = '', value = ''] = /^((?:[^\\=:\s]|\\.)+)(?:\s*[=:]\s*|\s+|$)(.*)$/s.exec(line) ?? []
    if (name !== '') properties[unescaped(name)] = unescaped(value)
  }
  return properties
}

function wholeLines(text: string): string[] {
  const lines: string[] = []
  let unfinished: string | undefined
  for (const raw of text.split(/\r?\n|\r/)) {
    const line = raw.trimStart()
    if (unfinished === undefined && /^(?:[#!]|$)/.test(line)) continue
    const whole = (unfinished ?? '') + line
    const goesOn = (/\\*$/.exec(line)?.[0].length ?? 0) % 2 === 1
    unfinished = goesOn ? whole.slice(0, -1) : undefined
    if (!goesOn) lines.push(whole)
  }
  return unfinished === undefined ? lines : [...lines, unfinished]
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, plain: string = '') =>
    code === undefined ? (escapes[plain] ?? plain) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
