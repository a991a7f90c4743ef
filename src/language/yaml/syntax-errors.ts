interface Explanation {
  readonly message: string
  readonly hint?: string
}

const explanations: Readonly<Record<string, Explanation>> = {
  TAB_AS_INDENT: { message: 'a tab is used for indentation', hint: 'Indent with spaces.' },
  BAD_INDENT: {
    message: 'the indentation does not fit what surrounds it',
    hint: 'Indent all entries of a mapping or list alike, and close each "[" and "{".',
  },
  TAG_RESOLVE_FAILED: {
    message: 'tags are not used in definitions',
    hint: 'Remove the word that begins with "!".',
  },
  MISSING_CHAR: {
    message: 'a character is missing here',
    hint: 'Close each quote, "[" and "{"; put ": " between key and value.',
  },
  UNEXPECTED_TOKEN: {
    message: 'this does not belong here',
    hint: 'Quote text that holds ": ", " #", quotes or brackets.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a mapping begins in the middle of a line',
    hint: 'Quote the text if it holds ": ", or begin the mapping on a line of its own.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key goes over more than one line',
    hint: 'Is a ":" missing after the key of the line before?',
  },
}

/** What was opened and never closed, where a complaint says so. */
export type Opener = '"' | "'" | '{' | '['

export function missingQuote(message: string): '"' | "'" | undefined {
  const [, quote] = /^Missing closing (["'])/.exec(message) ?? []
  return quote === '"' || quote === "'" ? quote : undefined
}

/** The package's complaint in our voice. */
export function explainSyntaxError(
  { code, message }: { readonly code: string; readonly message: string },
  opener: Opener | undefined,
): Explanation {
  if (opener !== undefined)
    return {
      message: `the ${opener} that opens here is not closed`,
      hint: 'Close it, or quote the text that holds it.',
    }
  if (message.startsWith('Implicit map keys'))
    return { message: '":" is missing after this key', hint: 'Write "key: value", with a space after ":".' }
  const known = explanations[code]
  if (known !== undefined) return known
  const sentence = message.split('\n', 1)[0] ?? ''
  return { message: sentence.slice(0, 1).toLowerCase() + sentence.slice(1).replace(/[.:]$/, '') }
}
