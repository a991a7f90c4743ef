import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { boardWords, newCallBoard, ShownFunction } from '../../functions/call-board.ts'
import { CallWatch, lookEveryMs } from './call-watch.ts'
import { startInlineWatch } from './inline-watch.ts'

const span = { file: 'shop.yaml', line: 7, column: 3, length: 1 }
const functions = [
  { name: 'first', span: undefined },
  { name: 'second', span },
]
const limits = { functionSlowMs: 2000, functionLimitMs: 4000 }

/** What a watcher says at each of its looks, while `act` does what the thread does before it. */
function looks(count: number, act: (look: number, board: Int32Array) => void, everyMs = lookEveryMs) {
  const board = newCallBoard()
  const watch = new CallWatch(board, functions, limits)
  return Array.from({ length: count }, (_, look) => {
    act(look, board)
    return watch.look(look * everyMs)?.kind
  })
}

const enter = (board: Int32Array, call: number): void => {
  board[boardWords.calls] = call
  board[boardWords.function] = 2
}

test('a call that goes on is told once as slow and once as lost', () => {
  const said = looks(12, (_, board) => enter(board, 1))
  expect(
    said.map((kind, look) => [look * lookEveryMs, kind]).filter(([, kind]) => kind !== undefined),
  ).toEqual([
    [2000, 'slow'],
    [4000, 'lost'],
  ])
})

test('calls that come one after the other, and a thread that is in none, are nothing to tell', () => {
  expect(looks(20, (look, board) => enter(board, look)).every((kind) => kind === undefined)).toBe(true)
  expect(looks(20, () => {}).every((kind) => kind === undefined)).toBe(true)
})

test('a process that stood still has not worked meanwhile', () => {
  expect(looks(3, (_, board) => enter(board, 1), 3_600_000)).toEqual([undefined, undefined, 'slow'])
})

test('a function is on the board while it runs, also when it throws', () => {
  const board = newCallBoard()
  const seen: number[][] = []
  const inner = {
    call: (args: readonly unknown[]) => {
      seen.push([...board])
      if (args[0] === 'bad') throw new Error('bad')
      return args[0]
    },
  }
  const shown = new ShownFunction(inner, board, 2)
  expect(shown.call(['good'])).toBe('good')
  expect(() => shown.call(['bad'])).toThrow('bad')
  expect(seen).toEqual([
    [2, 1],
    [2, 2],
  ])
  expect([...board]).toEqual([0, 2])
})

test('a worker thread tells of an inline thread that does not return, and then ends its process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-watch-'))
  const path = join(folder, 'stderr')
  const board = newCallBoard()
  enter(board, 1)
  const child = spawn(process.execPath, [
    '-e',
    'process.on("SIGTERM", () => {}); fs.writeSync(1, "busy"); for (;;);',
  ])
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  const watch = startInlineWatch({
    board,
    functions,
    limits: { functionSlowMs: lookEveryMs, functionLimitMs: 4 * lookEveryMs },
    descriptor: openSync(path, 'w'),
    processId: child.pid ?? 0,
  })
  child.kill('SIGTERM')
  expect(await ended).toEqual([null, 'SIGKILL'])
  watch.stop()
  expect(readFileSync(path, 'utf8').split('\n')).toEqual([
    'warn  function "second" (shop.yaml:7) has not returned for 500ms: nothing else is done until it does, and after 2s this process is ended',
    'error function "second" (shop.yaml:7) has not returned for 2s: this process ends now; what was not committed is processed again',
    '',
  ])
  rmSync(folder, { recursive: true })
})
