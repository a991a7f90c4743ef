/** A package of npm for tests that is not among the project's own: in a folder that git ignores, installed once, without its scripts. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../weft-process.ts'

/** @returns the folder whose `node_modules` has the package */
export function folderWithPackage(name: string, version: string): string {
  const folder = join(repository, '.cache', name.replaceAll(/\W+/g, '-'))
  const mark = join(folder, `has-${version}`)
  if (existsSync(mark)) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', `${name}@${version}`]
  const done = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`)
  writeFileSync(mark, '')
  return folder
}
