import type { SelectNode } from './ast.ts'
import type { BindTools } from './bind.ts'
import type { SqlFailure } from './duckdb.ts'
import { refuseDepth, refuseStatement } from './refusals.ts'
import type { QuotedQuery } from './topic-names.ts'

/** A query is written by hand; beyond this it is something else. */
const queryLengthMax = 100_000

/**
 * Parses the one SELECT of a query.
 *
 * @returns `undefined` where something was reported
 */
export async function parseSelect(quoted: QuotedQuery, tools: BindTools): Promise<SelectNode | undefined> {
  const { database, places, diagnostics } = tools
  if (quoted.text.length > queryLengthMax) {
    diagnostics.error('SQL_INVALID', 'the query is too long', places.at(undefined), {
      detail: `It has ${quoted.text.length} characters; at most ${queryLengthMax} are read.`,
    })
    return undefined
  }
  const outcome = await database.parse(quoted.text)
  if ('failure' in outcome) {
    reportFailure(outcome.failure, tools)
    return undefined
  }
  const [node, second] = outcome.value
  if (node === undefined) {
    diagnostics.error('SQL_INVALID', 'the query is empty', places.at(undefined), {
      hint: 'Write SELECT … FROM topic.',
    })
    return undefined
  }
  if (second !== undefined) {
    const semicolon = places.tokens.find((token) => token.text === ';')
    const span = semicolon === undefined ? places.at(undefined) : places.token(semicolon)
    diagnostics.error('SQL_NOT_SUPPORTED', 'a query holds more than one statement', span, {
      hint: 'Keep one SELECT, and write a query for each of the others.',
    })
    return undefined
  }
  if (node.type === 'SELECT_NODE') return node
  refuseStatement(node.type, places, diagnostics)
  return undefined
}

function reportFailure({ kind, message, position }: SqlFailure, { places, diagnostics }: BindTools): void {
  if (kind === 'not implemented') {
    diagnostics.error('SQL_NOT_SUPPORTED', 'the query is not a SELECT', places.at(0), {
      hint: 'Write SELECT … FROM topic; nothing else is run.',
    })
    return
  }
  if (/^max expression depth/i.test(message)) return refuseDepth(places, diagnostics)
  // What is missing at the end is missing behind the last word, not on the line below the query.
  const last = /at end of input/.test(message) ? places.tokens.at(-1) : undefined
  const span = last === undefined ? places.at(position) : places.token(last)
  const hyphen = places.tokens.find((token) => token.text === '-')
  const dashed = /at or near "-"/.test(message) && hyphen !== undefined
  diagnostics.error('SQL_INVALID', message.split('\n')[0] ?? message, span, {
    hint: dashed
      ? 'A topic name with a dash stands in double quotes: FROM "my-topic".'
      : last === undefined
        ? 'Look for a missing comma, quote or parenthesis before this place; a reserved word that is a name stands in double quotes.'
        : 'Complete what begins here, or leave this word out.',
  })
}
