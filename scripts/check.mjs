// All checks but the tests: types, lint, format, direction and cycles, dead code. Runs them side by side.
import { spawn } from 'node:child_process'

const checks = {
  types: ['tsc', '--noEmit'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  format: ['oxfmt', '--check'],
  direction: ['depcruise', 'src', '--config', '.dependency-cruiser.mjs', '--output-type', 'err'],
  'dead code': ['knip', '--no-progress'],
}
const only = process.argv.slice(2)

function runOne([name, [command, ...args]]) {
  const startMs = performance.now()
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ name, code: 1, output: error.message, ms: 0 }))
    child.on('exit', (code) => resolve({ name, code: code ?? 1, output, ms: performance.now() - startMs }))
  })
}

const chosen = Object.entries(checks).filter(([name]) => only.length === 0 || only.includes(name))
const results = await Promise.all(chosen.map(runOne))
for (const { name, code, output, ms } of results) {
  if (code !== 0) console.log(output.trim())
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${(ms / 1000).toFixed(1)} s)`)
}
const failed = results.filter((result) => result.code !== 0).length
console.log(`check: ${results.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
