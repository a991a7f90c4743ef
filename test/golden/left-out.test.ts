/** How runs of tests end that leave something out. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { repository } from '../weft-process.ts'

const emptyFolder = mkdtempSync(join(tmpdir(), 'weft-without-java-'))

afterAll(() => rmSync(emptyFolder, { recursive: true }))

function withoutJava(...args: readonly string[]) {
  // No program is found there, not even node, which is called by its whole path.
  const env = { PATH: emptyFolder, HOME: dirname(emptyFolder) }
  return spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8', env })
}

test('without Java, the last line of test:kafka counts what it skipped, and the one before says why', () => {
  const { status, stdout } = withoutJava('scripts/test-kafka.mjs')
  const [why, counts] = stdout.trim().split('\n').slice(-2)
  expect(why).toMatch(
    /^skipped: all \d\d test files in test\/kafka, for Java 17 or newer is not on the PATH$/,
  )
  expect(counts).toBe(`0 passed, 0 failed, ${/\d+/.exec(why ?? '')?.[0]} skipped`)
  expect(status).toBe(0)
})

test('a part that is asked for counts alone', () => {
  const { stdout } = withoutJava('scripts/test-kafka.mjs', 'test/kafka/kill.test.ts')
  expect(stdout.trim().split('\n').at(-1)).toBe('0 passed, 0 failed, 1 skipped')
})

test('what a test leaves out is said at the end of its run', () => {
  const { stdout } = withoutJava('scripts/test.mjs', '--project', 'kafka', 'test/kafka/serializers.test.ts')
  const lines = stdout.trim().split('\n')
  expect(lines.slice(0, -1)).toEqual(
    expect.arrayContaining([
      "skipped: Java's own Avro and Protobuf, for Java 17 or newer is not on the PATH",
      'skipped: Avro and Protobuf of Python, for Python 3 with venv (python3) is not on the PATH',
    ]),
  )
  expect(lines.at(-1)).toMatch(/^\d+ passed, \d+ failed, [1-9]\d* skipped$/)
})
