/** How the conversation tests run the scripts of clients, and read what these saw. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { kafkaErrorName } from '../../src/protocol/error-codes.ts'
import { runJava } from './java-tools.ts'
import { pythonWithPackages } from './python-tools.ts'

/** @returns what it printed, one line a step */
export type Script = (...args: string[]) => Promise<string>

/** Where somebody sees something else than the others, and why. */
export type Differences = Readonly<
  Record<string, Readonly<Record<string, readonly [seen: string, reason: string]>>>
>

const folder = join(import.meta.dirname, 'clients')
export const clientFile = (name: string): string => join(folder, name)

export const nodeScript =
  (file: string): Script =>
  (...args) =>
    printed(process.execPath, [clientFile(file), ...args])

export const pythonScript =
  (file: string): Script =>
  (...args) =>
    printed(pythonWithPackages(), [clientFile(file), ...args])

export const javaScript =
  (program: string): Script =>
  (...args) =>
    runJava(program, args, undefined, ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off'])

/** A script that breaks off has seen what it has seen; why it did is its last line. */
function printed(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, (error, stdout, stderr) => {
      resolve(error === null ? stdout : `${stdout}broke-off ${error.message} ${stderr}`.replaceAll('\r', ''))
    })
  })
}

/** What was seen in each step, errors by name. */
export function stepsOf(transcript: string): ReadonlyMap<string, string> {
  const named = transcript.replaceAll(
    /error:(-?\d+)$/gm,
    (_, code: string) => `error:${kafkaErrorName(Number(code))}`,
  )
  return new Map(
    named
      .trim()
      .split('\n')
      .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]),
  )
}
