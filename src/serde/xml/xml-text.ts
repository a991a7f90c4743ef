/**
 * XML text and plain values: elements and attributes are fields, elements that repeat are lists, leaves are text. Prefixes of namespaces are
 * left out on the way in.
 *
 * Bounds. A document type is refused, and with it entities of its own, which is what makes small documents grow; elements nest 64 deep.
 */
import { isObject } from '../../data/is-object.ts'
import { createRequire } from 'node:module'
import { named } from '../../base/named.ts'
import type * as xml from 'fast-xml-parser'
import { StreamError } from '../../base/errors.ts'
import { textOfPlain } from '../plain-text.ts'

const depthMax = 64
/** The text of an element that has attributes or elements too. */
export const ownText = '#text'

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
  parser ??= new (xmlPackage().XMLParser)(options)
  const [content] = Object.values(parsed(text, parser) as Readonly<Record<string, unknown>>)
  return withEntities(content)
}

/** An element whose inner ones are in their order; their text is left out. */
export interface XmlNode {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlNode[]
}

/** The root element. @throws StreamError `VALUE_MALFORMED` */
export function readXmlTree(text: string): XmlNode {
  const ordered = new (xmlPackage().XMLParser)({ ...options, preserveOrder: true })
  const [root] = treeOf(parsed(text, ordered))
  if (root === undefined) throw malformed('it has no element')
  return root
}

const attributesKey = ':@'

function treeOf(parsedNodes: unknown): readonly XmlNode[] {
  if (!Array.isArray(parsedNodes)) return []
  return (parsedNodes as readonly Readonly<Record<string, unknown>>[]).flatMap((node) =>
    Object.entries(node)
      .filter(([name]) => name !== attributesKey && name !== ownText)
      .map(([name, children]) => ({
        name,
        attributes: (withEntities(node[attributesKey]) ?? {}) as XmlNode['attributes'],
        children: treeOf(children),
      })),
  )
}

function parsed(text: string, by: xml.XMLParser): unknown {
  const valid = xmlPackage().XMLValidator.validate(text)
  if (valid !== true) throw malformed(`${valid.err.msg} (line ${valid.err.line})`)
  const plain = text.includes('<![CDATA[') ? withoutCdata(text) : text
  if (/<!DOCTYPE/i.test(plain)) throw malformed('it has a document type, which is not read')
  try {
    return by.parse(plain)
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error))
  }
}

/**
 * CDATA as references, which no entity in it and no blank around it is lost in. Comments and instructions may have its bytes, too; what does
 * not end is passed over at once, or else each of many would be looked for to the end of the text.
 */
function withoutCdata(text: string): string {
  return text.replaceAll(
    /<!--[\s\S]*?(?:-->|$)|<\?[\s\S]*?(?:\?>|$)|<!\[CDATA\[(?<inner>[\s\S]*?)(?:\]\]>|$)/g,
    (whole: string, inner: string | undefined) =>
      inner?.replaceAll(/[&<\s]/g, (character) => `&#${character.charCodeAt(0)};`) ?? whole,
  )
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

/** How the fields of an element are written: which are attributes, and the elements in their order. */
export interface XmlShape {
  readonly attributes: ReadonlyMap<string, XmlShape>
  readonly elements: ReadonlyMap<string, XmlShape>
  /** Whether its text is a list of words. */
  readonly words: boolean
}

/** The element that values are. */
export interface XmlRoot {
  readonly name: string
  readonly shape: XmlShape
  readonly namespace?: string
  /** Whether the elements inside are of the namespace too. */
  readonly qualified?: boolean
}

/** Of what no schema knows: every field is an element. */
export const plainShape: XmlShape = { attributes: new Map(), elements: new Map(), words: false }

/** A whole value. @throws StreamError `VALUE_TYPE_MISMATCH` */
export function writeXmlRoot({ name, shape, namespace, qualified = false }: XmlRoot, value: unknown): string {
  const element = writeXmlElement(name, value, shape)
  if (namespace === undefined) return element
  const declared = escapedAttribute(namespace)
  if (qualified) return element.replace(name, () => `${name} xmlns="${declared}"`)
  const closed = element.endsWith(`</${name}>`) ? `${element.slice(0, -name.length - 1)}n:${name}>` : element
  return closed.replace(name, () => `n:${name} xmlns:n="${declared}"`)
}

const nameStart = /^[\p{L}_][\p{L}\p{N}._-]*$/u

/** One element and what is in it; lists are elements that repeat, null is none. @throws StreamError `VALUE_TYPE_MISMATCH` */
export function writeXmlElement(name: string, value: unknown, shape = plainShape, depth = 0): string {
  checkedName(name)
  if (depth > depthMax)
    throw new StreamError('VALUE_TYPE_MISMATCH', `a value is nested more than ${depthMax} deep`)
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && !isWords(value, shape))
    return value.map((item) => writeXmlElement(name, item, shape, depth + 1)).join('')
  const start = isObject(value) ? `${name}${attributesOf(value, shape)}` : name
  const content = isObject(value) ? contentOf(value, shape, depth) : escaped(leafText(value))
  return content === '' ? `<${start}/>` : `<${start}>${content}</${name}>`
}

function checkedName(name: string): string {
  if (nameStart.test(name)) return name
  throw new StreamError('VALUE_TYPE_MISMATCH', 'a field has no name that XML can carry', {
    hint: 'Use letters, digits, "_", "-" and "." and begin with a letter.',
  })
}

/** One text of many words, and not an element for each; where such an element repeats, its values are lists of lists. */
function isWords(value: readonly unknown[], { words }: XmlShape): boolean {
  return words && !value.some((item) => Array.isArray(item))
}

type Struct = Readonly<Record<string, unknown>>

function attributesOf(value: Struct, { attributes }: XmlShape): string {
  return Object.entries(value)
    .filter(([name, inner]) => attributes.has(name) && inner !== null && inner !== undefined)
    .map(([name, inner]) => ` ${checkedName(name)}="${escapedAttribute(leafText(inner))}"`)
    .join('')
}

/** Elements in the order of the schema, then those that it does not know. */
function contentOf(value: Struct, { attributes, elements }: XmlShape, depth: number): string {
  const known = [...elements.keys()].filter((name) => Object.hasOwn(value, name))
  const others = Object.keys(value).filter((name) => !attributes.has(name) && !elements.has(name))
  return [...known, ...others]
    .map((name) =>
      name === ownText
        ? escaped(leafText(value[name]))
        : writeXmlElement(name, value[name], elements.get(name), depth + 1),
    )
    .join('')
}

function leafText(value: unknown): string {
  if (Array.isArray(value)) return value.map(leafText).join(' ')
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : textOfPlain(value)
}

/** Control characters have no form in XML 1.0 at all, and in 1.1 only as references. */
function escaped(text: string): string {
  return text.replaceAll(/[<>&"'\p{Cc}]/gu, (character) => {
    if (character === '\n' || character === '\t') return character
    const known = Object.entries(entities).find(([, value]) => value === character)
    return known === undefined ? `&#${character.charCodeAt(0)};` : `&${known[0]};`
  })
}

/** Readers make blanks of line ends and tabs in attributes. */
function escapedAttribute(text: string): string {
  return escaped(text).replaceAll(/[\n\t]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function malformed(why: string): StreamError {
  return new StreamError('VALUE_MALFORMED', 'value is not XML', { detail: `It is not read: ${why}.` })
}
