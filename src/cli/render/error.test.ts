import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addDetail, errorCodes, StreamError, type ErrorCode } from '../../base/errors.ts'
import { exitCode, exitCodeOf, renderError } from './error.ts'

describe('renderError', () => {
  test('says what, the fact, the cause and what to do', () => {
    const cause = new StreamError('CONNECTION_CLOSED', 'connection to 127.0.0.1:9092 was refused')
    const error = new StreamError('BROKER_UNREACHABLE', 'no broker answered at 127.0.0.1:9092', {
      detail: 'Tried for 30 s.',
      hint: 'Start it.',
      cause,
    })
    expect(renderError(error)).toBe(
      [
        'error  BROKER_UNREACHABLE',
        'no broker answered at 127.0.0.1:9092',
        '',
        'Tried for 30 s.',
        'Cause: connection to 127.0.0.1:9092 was refused',
        'Hint: Start it.',
      ].join('\n'),
    )
  })

  test('says nothing twice: a cause that the error tells already is left out', () => {
    const cause = new StreamError('VALUE_MALFORMED', 'value is not JSON', { detail: 'It is cut off.' })
    expect(renderError(addDetail(cause, 'Topic "t", partition 0, offset 3.'))).toBe(
      'error  VALUE_MALFORMED\nvalue is not JSON\n\nIt is cut off. Topic "t", partition 0, offset 3.',
    )
  })

  test('shows the line of a file that can be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-error-'))
    const file = join(folder, 'orders.yaml')
    writeFileSync(file, 'a: 1\nb: (\n')
    const span = { file, line: 2, column: 4, length: 1 }
    const error = new StreamError('FUNCTION_INVALID', 'this function can not be compiled', { span })
    const said = `${file}:2:4  error  FUNCTION_INVALID\nthis function can not be compiled`
    expect(renderError(error)).toBe(`${said}\n\n  1 | a: 1\n  2 | b: (\n    |    ^`)
    rmSync(folder, { recursive: true })
    expect(renderError(error)).toBe(said)
  })

  test('shows where our own defects are', () => {
    expect(renderError(new TypeError('x is not a function'))).toContain(
      'This is a defect of weft itself.\nTypeError: x is not a function',
    )
  })
})

describe('exitCodeOf', () => {
  test('parts a wrong definition from a failure on the way', () => {
    expect([
      exitCodeOf(new StreamError('SQL_INVALID', 'x')),
      exitCodeOf(new StreamError('BROKER_UNREACHABLE', 'x')),
    ]).toEqual([2, 1])
  })

  test('what goes wrong under way has failed, though a call with the same mistake is wrong', () => {
    const missing = new StreamError('TOPIC_MISSING', 'x')
    expect([exitCodeOf(missing), exitCodeOf(missing, true)]).toEqual([2, 1])
  })

  test('users can mend these, and they are no wrong call: they come with the records, the cluster or the machine', () => {
    const codes = Object.keys(errorCodes) as ErrorCode[]
    const failed = codes.filter(
      (code) =>
        errorCodes[code].domain === 'user' && exitCodeOf(new StreamError(code, 'x')) === exitCode.failed,
    )
    expect(failed).toEqual([
      'VALUE_MALFORMED',
      'VALUE_TYPE_MISMATCH',
      'EXPRESSION_FAILED',
      'FUNCTION_FAILED',
      'BUFFER_FULL',
      'RECORD_TOO_LARGE',
      'RECORD_REFUSED',
      'TOPICS_TOO_MANY',
      'NOT_AUTHORIZED',
      'AUTHENTICATION_FAILED',
      'TRANSACTION_TOO_SLOW',
      'SCHEMA_INCOMPATIBLE',
      'STORE_FULL',
      'STATE_LOCKED',
      'STATE_VERSION',
      'STORE_CHANGED',
      'CHANGE_LOG_LOST',
      'DATA_FOLDER_LOCKED',
      'DATA_FOLDER_VERSION',
      'PORT_IN_USE',
    ])
  })
})
