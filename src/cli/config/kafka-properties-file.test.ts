import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readProperties, securityOfFile } from './kafka-properties-file.ts'

test('reads lines as Java does', () => {
  const text = [
    '# a comment',
    '! another',
    '',
    'plain=a value ',
    '  indented : with a colon',
    'blank separated',
    String.raw`escaped\=name=tab\there \u00e4 \"`,
    'long=one \\',
    '    two \\',
    '# three',
    String.raw`ends.with.backslash=C:\\`,
    'empty=',
    'alone',
    'again=1',
    'again=2',
  ].join('\r\n')
  expect(readProperties(text)).toEqual({
    plain: 'a value ',
    indented: 'with a colon',
    blank: 'separated',
    'escaped=name': 'tab\there ä "',
    long: 'one two # three',
    'ends.with.backslash': 'C:\\',
    empty: '',
    alone: '',
    again: '2',
  })
})

test('gives the security of a file, and none without one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-properties-'))
  const path = join(folder, 'client.properties')
  writeFileSync(
    path,
    'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n' +
      'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  username="ann" password="p=w";\n',
  )
  expect(securityOfFile(path)).toEqual({
    tls: undefined,
    sasl: { mechanism: 'PLAIN', username: 'ann', password: 'p=w' },
  })
  rmSync(folder, { recursive: true })
  expect(securityOfFile(undefined)).toEqual({ tls: undefined, sasl: undefined })
  expect(() => securityOfFile(path)).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})
