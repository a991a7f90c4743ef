/** Generates the text of one inline function, and remembers which of its lines are the author's. */
import type { SourceSpan } from '../../base/errors.ts'
import { functionKinds } from '../../topology/function-kinds.ts'
import type { CodeBlock, FunctionBody, FunctionRef } from '../../topology/functions.ts'
import { placeInBlock } from '../code-place.ts'
import { defaultOf } from '../function-facts.ts'

/** Lines `firstLine` and following of a generated text are those of `block`. Lines count from 1. */
interface Segment {
  readonly firstLine: number
  readonly block: CodeBlock
}

/** A script for the definition's context, and the way back from its lines to the author's file. */
export interface Script {
  readonly fileName: string
  readonly text: string
  readonly segments: readonly Segment[]
}

export type InlineBody = FunctionBody & { readonly language: 'python' | 'javascript' }

const strict = "'use strict'; "

/** The function's global code: runs once, its names are seen by all functions of the definition. */
export function globalScript(fileName: string, block: CodeBlock): Script {
  return { fileName, text: strict + block.text, segments: [{ firstLine: 1, block }] }
}

/** A script whose value is `(log, stores) => function`. */
export function functionScript(fileName: string, ref: FunctionRef, body: InlineBody): Script {
  const locals = ref.stores
    .filter((store) => isIdentifier(store))
    .map((store) => `const ${store} = stores[${JSON.stringify(store)}];`)
  const parameters = ref.parameters.map((parameter, index) => {
    const given = defaultOf(ref, index)
    if (given === undefined) return parameter.name
    return `${parameter.name} = (${given.code ?? JSON.stringify(given.value)})`
  })
  const name = isIdentifier(ref.name) ? ref.name : `_${ref.name.replaceAll(/\W/g, '_')}`
  const lines = [
    `${strict}(function (log, stores) { ${locals.join(' ')} return function ${name}(${parameters.join(', ')}) {`,
  ]
  const segments: Segment[] = []
  const add = (block: CodeBlock, text: string): void => {
    segments.push({ firstLine: lines.length + 1, block })
    lines.push(...text.split('\n'))
  }
  if (body.code !== undefined) add(body.code, body.code.text)
  const byDefault = functionKinds[ref.kind].defaultExpression?.javascript
  if (body.expression !== undefined) {
    lines.push('return (')
    add(body.expression, body.expression.text.replace(/[\s;]+$/, ''))
    lines.push(')')
  } else if (byDefault !== undefined) lines.push(`return ${byDefault}`)
  return { fileName, text: [...lines, '}})'].join('\n'), segments }
}

/** The author's place for a line of a generated text. */
export function placeInScript(script: Script, line: number, column?: number): SourceSpan | undefined {
  const segment = script.segments.findLast((candidate) => candidate.firstLine <= line) ?? script.segments[0]
  if (segment === undefined) return undefined
  const isFirstLine = line <= segment.firstLine
  const shift = isFirstLine && script.text.startsWith(strict + segment.block.text) ? strict.length : 0
  const own = column === undefined ? undefined : Math.max(1, column - shift)
  return placeInBlock(segment.block, line - segment.firstLine + 1, own)
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !reserved.has(name)
}

const reserved = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let log new null package private ' +
    'protected public return static stores super switch this throw true try typeof var void while with yield'
  ).split(' '),
)
