/** Python packages for the tests: a virtual environment in a folder that git ignores, made once from PyPI. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../weft-process.ts'

const packages = ['confluent-kafka[avro,protobuf,json]==2.16.1', 'grpcio-tools==1.85.1']
const folder = join(repository, '.cache/python')
const python = join(folder, 'bin/python')
/** Names the packages, so that another list of them makes the environment anew. */
const mark = join(folder, `has-${packages.join('-')}`)

/** What is missing to run Python here, as a sentence; undefined where nothing is. */
export function whatPythonLacks(): string | undefined {
  const found = spawnSync('python3', ['-c', 'import venv, ensurepip'])
  return found.status === 0 ? undefined : 'Python 3 with venv (python3) is not on the PATH'
}

/** @returns the interpreter that has the packages */
export function pythonWithPackages(): string {
  if (existsSync(mark)) return python
  rmSync(folder, { recursive: true, force: true })
  mustRun('python3', ['-m', 'venv', folder])
  mustRun(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  writeFileSync(mark, '')
  return python
}

function mustRun(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`)
}
