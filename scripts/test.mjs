// Runs the tests that need nothing but npm and ends with one line: N passed, N failed, and N skipped
// where some were, each reason on a line before.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { printEnd, readLeftOut } from './left-out.mjs'
import { run } from './run.mjs'

const args = process.argv.slice(2)
const projects = args.some((arg) => arg.startsWith('--project'))
  ? []
  : ['--project', 'unit', '--project', 'whole']
const folder = mkdtempSync(join(tmpdir(), 'weft-test-'))
const report = join(folder, 'report.json')
const leftOutFile = join(folder, 'left-out')
const code = await run(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...projects,
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  { env: { ...process.env, WEFT_LEFT_OUT: leftOutFile } },
)
const leftOut = readLeftOut(leftOutFile)
let passed = 0
let failed = code === 0 ? 0 : 1
let skipped = 0
let failures = []
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed = result.numPassedTests
  failed = Math.max(
    failed,
    result.numFailedTests + result.numFailedTestSuites * (result.numFailedTests === 0 ? 1 : 0),
  )
  skipped = result.numPendingTests + result.numTodoTests
  failures = failuresOf(result)
} catch {
  console.error('the test run left no report')
}
rmSync(folder, { recursive: true, force: true })
for (const failure of failures) console.log(`failed: ${failure}`)
// A client that a conversation goes without is no test of its own.
printEnd({ passed, failed, skipped: Math.max(skipped, leftOut.length) }, leftOut)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

/** A line for each test and each file that failed: a log of which only the end is kept still names them. */
function failuresOf({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative('', name)
    const lines = assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`)
    return lines.length > 0 || status !== 'failed' ? lines : [`${file}: ${firstLine(message)}`]
  })
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].slice(0, 400)
}
