import { parseDurationMs } from '../../base/duration.ts'
import { parseTypeTree, type TypeTree } from '../../data/type-strings.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { EmbeddedText, Located } from '../query-definition.ts'
import type { SchemaBook } from '../schema-book.ts'
import { embeddedText, type YamlNode, type YamlScalar } from '../yaml-document.ts'
import type { Kind, Place } from './field.ts'
import { withNearType } from './near-type.ts'

/** Text. Numbers and booleans are taken as they are written; a list of words becomes `[a,b]`, which is how `[string]` reads as YAML. */
export const text: Kind<Located<string>> = {
  what: 'text',
  read: (node, diagnostics, place) => {
    const value = textOf(node)
    if (value !== undefined) return { value, span: node.span }
    return wrong({ node, what: 'text', diagnostics, place })
  },
  json: () => ({ type: ['string', 'number', 'boolean'] }),
}

/** Text that follows a rule. */
export function textLike(pattern: RegExp, what: string, hint: string): Kind<Located<string>> {
  return {
    what,
    read: (node, diagnostics, place) => {
      const found = text.read(node, diagnostics, place)
      if (found === undefined || pattern.test(found.value)) return found
      diagnostics.error('DEFINITION_INVALID', `${place.label} is not ${what}: "${found.value}"`, found.span, {
        hint,
      })
      return undefined
    },
    json: () => ({ type: 'string', pattern: pattern.source }),
  }
}

/** The name of a Kafka topic. */
export const topicName = textLike(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
  'a topic name',
  'Use 1 to 249 letters, digits, ".", "_" and "-".',
)

export interface CodeText extends EmbeddedText {
  /** A bare `true` or `false`, which each language writes its own way. */
  readonly boolean: boolean | undefined
}

/** Code or a query: text with its place, in which no variables are replaced where the file's reader was told so. */
export const code: Kind<CodeText> = {
  what: 'code',
  read: (node, diagnostics, place) => {
    if (node.kind === 'scalar') {
      const boolean = typeof node.value === 'boolean' ? node.value : undefined
      return { ...embeddedText(node), boolean }
    }
    const joined = textOf(node)
    if (joined !== undefined)
      return { text: joined, span: node.span, locate: () => node.span, boolean: undefined }
    diagnostics.error('DEFINITION_INVALID', `${place.label} is read as a mapping, not as code`, node.span, {
      hint: 'Quote it, or put it on lines of its own after "|".',
    })
    return undefined
  },
  json: () => ({ type: ['string', 'number', 'boolean'] }),
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<Located<number>> {
  const what =
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`
  return {
    what,
    read: (node, diagnostics, place) => {
      const value = node.kind === 'scalar' ? Number(node.value ?? Number.NaN) : Number.NaN
      if (Number.isSafeInteger(value) && value >= min && value <= max) return { value, span: node.span }
      return wrong({ node, what, diagnostics, place })
    },
    json: () => ({
      type: 'integer',
      minimum: min,
      ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }),
    }),
  }
}

export const boolean: Kind<Located<boolean>> = {
  what: '"true" or "false"',
  read: (node, diagnostics, place) => {
    const word = node.kind === 'scalar' ? node.text.toLowerCase() : ''
    if (word === 'true' || word === 'false') return { value: word === 'true', span: node.span }
    return wrong({ node, what: '"true" or "false"', diagnostics, place })
  },
  json: () => ({ type: 'boolean' }),
}

/** Milliseconds, written with a unit; a bare number is milliseconds where `bare` allows it. */
function durationKind(bare: boolean): Kind<Located<number>> {
  return {
    what: 'a duration',
    read: (node, diagnostics, place) => {
      if (node.kind !== 'scalar') return wrong({ node, what: 'a duration', diagnostics, place })
      if (!bare && /^[1-9]\d*$/.test(node.text)) {
        diagnostics.error('DEFINITION_INVALID', `${place.label} has no unit: "${node.text}"`, node.span, {
          hint: `Write the unit too, for example "${node.text}s" or "${node.text}ms".`,
        })
        return undefined
      }
      try {
        return { value: parseDurationMs(node.text), span: node.span }
      } catch (error) {
        diagnostics.addThrown(error, node.span)
        return undefined
      }
    },
    json: () => ({
      type: bare ? ['string', 'integer'] : 'string',
      pattern: String.raw`^\s*(\d+(\.\d+)?(ns|us|ms|s|m|h|d|w)?)+\s*$`,
    }),
  }
}

/** A duration; a bare number is in milliseconds. */
export const duration = durationKind(true)
/** A duration whose unit must be written. */
export const durationWithUnit = durationKind(false)

/** One of some words, whatever their case. */
export function choice<const V extends string>(words: readonly V[]): Kind<Located<V>> {
  const what = `one of ${words.join(', ')}`
  return {
    what,
    read: (node, diagnostics, place) => {
      const given = textOf(node)
      const value = words.find((word) => word.toLowerCase() === given?.toLowerCase())
      if (value !== undefined) return { value, span: node.span }
      if (given === undefined) return wrong({ node, what, diagnostics, place })
      diagnostics.error('DEFINITION_INVALID', `${place.label} cannot be "${given}"`, node.span, {
        hint: suggest(given, words, 'words'),
      })
      return undefined
    },
    json: () => ({ enum: words }),
  }
}

export interface LocatedType extends Located<TypeTree> {
  readonly text: string
}

/** A type string. */
export const type: Kind<LocatedType> = {
  what: 'a type',
  read: (node, diagnostics, place) => {
    const given = textOf(node)
    if (given === undefined) return wrong({ node, what: 'a type', diagnostics, place })
    try {
      const { schemas } = diagnostics
      const tree = withSchemas(parseTypeTree(given, schemas.names), schemas)
      return { value: tree, text: given, span: node.span }
    } catch (error) {
      diagnostics.addThrown(withNearType(error, given), node.span)
    }
    return undefined
  },
  json: () => ({ type: ['string', 'null', 'array'] }),
}

/** The same type with the fields and the text of the schemas that it names, where the definition has them. */
function withSchemas({ format, members }: TypeTree, schemas: SchemaBook): TypeTree {
  const found = format.schema === undefined ? undefined : schemas.find(format.notation, format.schema)
  return {
    format: found === undefined ? format : { ...format, type: found.type, source: found.source },
    members: members.map((member) => withSchemas(member, schemas)),
  }
}

/** The text of a scalar, or of a list of words; undefined for a mapping. */
function textOf(node: YamlNode): string | undefined {
  if (node.kind === 'scalar') return node.text
  if (node.kind === 'map') return undefined
  const items = node.items.map(textOf)
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`
}

interface Wrong {
  readonly node: YamlNode
  readonly what: string
  readonly diagnostics: Diagnostics
  readonly place: Place
}

function wrong({ node, what, diagnostics, place }: Wrong): undefined {
  diagnostics.error('DEFINITION_INVALID', `${place.label} is not ${what}`, node.span, {
    hint: `Give ${what}${givenText(node)}.`,
  })
  return undefined
}

function givenText(node: YamlNode): string {
  if (node.kind === 'list') return ' in place of the list'
  return node.kind === 'map' ? ' in place of the mapping' : ` in place of "${shorten(node)}"`
}

function shorten(node: YamlScalar): string {
  return node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text
}
