/** What a registry's refusals mean to those who asked. */
import { StreamError, type ErrorCode } from '../../base/errors.ts'
import type { HttpResponse } from '../http.ts'

/** Messages of others are cut: some repeat whole schemas. */
const messageMax = 500

interface Refusal {
  /** The registry's own code, such as 40403; the status where it gave none. */
  readonly code: number
  readonly message: string
  /** Whether the answer has the form that registries give their refusals. */
  readonly ofRegistry: boolean
}

/** The JSON of an answer, an object or a list. @throws StreamError for a refusal, saying what was asked for */
export function contentOf(response: HttpResponse, asked: string): object {
  if (response.status >= 200 && response.status < 300) return parseContent(response, asked)
  throw refusalError(response.status, refusalOf(response), asked)
}

/** The text of an answer. @throws StreamError as {@link contentOf} */
export function textOf(response: HttpResponse, asked: string): string {
  if (response.status >= 200 && response.status < 300) return response.body.toString('utf8')
  throw refusalError(response.status, refusalOf(response), asked)
}

function parseContent({ body }: HttpResponse, asked: string): object {
  if (body.length === 0) throw unreadable(asked, 'The answer is empty.')
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw unreadable(asked, 'The answer is no JSON.', error)
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed
  throw unreadable(asked, 'The answer is JSON but neither an object nor a list.')
}

/** An answer that no registry gives: another server, or something between, has the address. */
export function unreadable(asked: string, detail: string, cause?: unknown): StreamError {
  return new StreamError('REGISTRY_REFUSED', `could not read the schema registry's answer for ${asked}`, {
    detail,
    hint: 'Check that the address is that of a schema registry.',
    cause,
  })
}

/** Confluent's form is `error_code` and `message`, Apicurio's `title`, `detail` and `name`. */
function refusalOf({ status, body }: HttpResponse): Refusal {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>
    const code = typeof parsed['error_code'] === 'number' ? parsed['error_code'] : status
    const texts = [parsed['message'], parsed['title'], parsed['detail']]
    const message = texts.find((text) => typeof text === 'string') ?? ''
    // A path that a registry of Confluent's kind does not have is refused with the bare status.
    const ofRegistry = code !== 404 || typeof parsed['name'] === 'string'
    return { code, message: message.slice(0, messageMax), ofRegistry }
  } catch {
    return { code: status, message: '', ofRegistry: false }
  }
}

interface Meaning {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
}

function refusalError(status: number, refusal: Refusal, asked: string): StreamError {
  const { code, message } = refusal
  const meaning = meaningOf(status, refusal, asked)
  const said = message === '' ? '' : `: ${message}`
  return new StreamError(meaning.code, meaning.message, {
    detail: `The registry answered ${code}${said}${said.endsWith('.') || said === '' ? '' : '.'}`,
    hint: meaning.hint,
  })
}

function meaningOf(status: number, { code, ofRegistry }: Refusal, asked: string): Meaning {
  switch (status) {
    case 401:
      return {
        code: 'AUTHENTICATION_FAILED',
        message: 'the schema registry does not know who asks',
        hint: 'Check the user and the password or the token of the registry settings.',
      }
    case 403:
      return {
        code: 'NOT_AUTHORIZED',
        message: `the schema registry does not allow ${asked}`,
        hint: 'Give the user of the registry settings the right to do so.',
      }
    case 404:
      return notFound(ofRegistry, asked)
    case 409:
      return {
        code: 'SCHEMA_INCOMPATIBLE',
        message: `the schema registry refused ${asked}`,
        hint: "Change the schema so that it fits the earlier versions, or change the subject's compatibility.",
      }
    case 400:
    case 422:
      return {
        code: code === 42201 || status === 400 ? 'SCHEMA_INVALID' : 'REGISTRY_REFUSED',
        message: `the schema registry refused ${asked}`,
        hint: 'Correct what the detail names.',
      }
    default:
      return {
        code: 'REGISTRY_REFUSED',
        message: `the schema registry refused ${asked}`,
        hint: 'Check that the address is that of a registry of the kind in the settings.',
      }
  }
}

/** A registry says of what it knows to be absent so in its own words; any other 404 is that of another server. */
function notFound(ofRegistry: boolean, asked: string): Meaning {
  if (!ofRegistry)
    return {
      code: 'REGISTRY_REFUSED',
      message: `there is no schema registry that could answer ${asked}`,
      hint: 'Check the path of the address, and that the registry is of the kind in the settings.',
    }
  return {
    code: 'SCHEMA_NOT_FOUND',
    message: `the schema registry has nothing for ${asked}`,
    hint: 'Register the schema, or check that the topic was written with this registry.',
  }
}
