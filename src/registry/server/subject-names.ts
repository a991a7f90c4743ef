/**
 * Subjects live in contexts: `:.staging:orders-value` is the subject `orders-value` of the context `.staging`; without a context
 * in front it is of the default one, `.`. Each context counts its ids for itself.
 */

export const defaultContext = '.'

export interface SubjectName {
  readonly context: string
  readonly name: string
}

export function parseSubject(subject: string): SubjectName {
  if (!subject.startsWith(':.')) return { context: defaultContext, name: subject }
  const end = subject.indexOf(':', 2)
  if (end < 0) return { context: subject.slice(1), name: '' }
  return { context: subject.slice(1, end), name: subject.slice(end + 1) }
}

export function subjectText({ context, name }: SubjectName): string {
  return context === defaultContext ? name : `:${context}:${name}`
}

/** The one way to write a subject: without the default context in front. */
export function normalSubject(subject: string): string {
  return subjectText(parseSubject(subject))
}

export function contextOf(subject: string): string {
  return parseSubject(subject).context
}

/** A subject in the context of another, unless it names one of its own. */
export function besides(subject: string, other: string): string {
  return subject.startsWith(':.')
    ? normalSubject(subject)
    : subjectText({ context: contextOf(other), name: subject })
}

const subjectMax = 1024

export function isValidSubject(subject: string): boolean {
  const { context, name } = parseSubject(subject)
  if (name === '' || name.length > subjectMax || name === '__GLOBAL' || name === '__EMPTY') return false
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u001F\u007F]/.test(subject) && context.startsWith('.')
}
