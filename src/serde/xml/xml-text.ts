/**
 * XML text and plain values: elements and attributes are fields, elements that repeat are lists, leaves are text. Prefixes of namespaces are
 * left out on the way in.
 *
 * Bounds. A document type is refused, and with it entities of its own, which is what makes small documents grow; elements nest 64 deep.
 */
import { createRequire } from 'node:module'
import { named } from '../../base/named.ts'
import type * as xml from 'fast-xml-parser'
import { StreamError } from '../../base/errors.ts'
import { textOfPlain } from '../plain-text.ts'

const depthMax = 64
/** The text of an element that has attributes or elements too. */
const ownText = '#text'

const options: xml.X2jOptions = {
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  textNodeName: ownText,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false,
  maxNestedTags: depthMax,
}

const requirePackage = createRequire(import.meta.url)
let parser: xml.XMLParser | undefined

/** Read when the first document comes: few starts need it. */
const xmlPackage = () => requirePackage('fast-xml-parser') as typeof xml

/** The root element's content. @throws StreamError `VALUE_MALFORMED` */
export function readXml(text: string): unknown {
  if (/<!DOCTYPE/i.test(text)) throw malformed('it has a document type, which is not read')
  const valid = xmlPackage().XMLValidator.validate(text)
  if (valid !== true) throw malformed(`${valid.err.msg} (line ${valid.err.line})`)
  const root = parsed(text)
  const [content] = Object.values(root)
  return withEntities(content)
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    parser ??= new (xmlPackage().XMLParser)(options)
    return parser.parse(text) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error))
  }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Replaces the entities that every document has, once: what they stand for is not read again. */
function withEntities(value: unknown): unknown {
  if (typeof value === 'string')
    return value.includes('&') ? value.replaceAll(/&(#x?[\da-f]+|\w+);/gi, entityText) : value
  if (Array.isArray(value)) return value.map(withEntities)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'xmlns')
      .map(([name, inner]) => [name, withEntities(inner)]),
  )
}

function entityText(whole: string, name: string): string {
  if (!name.startsWith('#')) return named(entities, name) ?? whole
  const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
  return code <= 0x10_ffff ? String.fromCodePoint(code) : '\uFFFD'
}

const nameStart = /^[\p{L}_][\p{L}\p{N}._-]*$/u

/** One element and what is in it; lists are elements that repeat, null is none. @throws StreamError `VALUE_TYPE_MISMATCH` */
export function writeXmlElement(name: string, value: unknown, depth = 0): string {
  if (!nameStart.test(name))
    throw new StreamError('VALUE_TYPE_MISMATCH', 'a field has no name that XML can carry', {
      hint: 'Use letters, digits, "_", "-" and "." and begin with a letter.',
    })
  if (depth > depthMax)
    throw new StreamError('VALUE_TYPE_MISMATCH', `a value is nested more than ${depthMax} deep`)
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map((item) => writeXmlElement(name, item, depth + 1)).join('')
  const content = isObject(value)
    ? Object.entries(value)
        .map(([field, inner]) =>
          field === ownText ? escaped(textOfPlain(inner)) : writeXmlElement(field, inner, depth + 1),
        )
        .join('')
    : escaped(value instanceof Uint8Array ? Buffer.from(value).toString('base64') : textOfPlain(value))
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}

/** Control characters have no form in XML 1.0 at all, and in 1.1 only as references. */
function escaped(text: string): string {
  return text.replaceAll(/[<>&"'\p{Cc}]/gu, (character) => {
    if (/[\n\r\t]/.test(character)) return character
    const known = Object.entries(entities).find(([, value]) => value === character)
    return known === undefined ? `&#${character.charCodeAt(0)};` : `&${known[0]};`
  })
}

function malformed(why: string): StreamError {
  return new StreamError('VALUE_MALFORMED', 'value is not XML', { detail: `It is not read: ${why}.` })
}
