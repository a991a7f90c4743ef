import { expect, test } from 'vitest'
import { resolveOptions } from './options.ts'

const kafka = { bootstrap: 'localhost:9092' }

test('a process with a state folder keeps a fresh Python there; what is said about Python adds to it', () => {
  const identity = { kind: 'folder', stateDir: 'state' } as const
  const options = resolveOptions({ applicationId: 'app', kafka, identity, python: { modulePath: 'python' } })
  expect(options.python).toEqual({ snapshotFolder: 'state', modulePath: 'python' })
})

test('a process that keeps nothing keeps no Python', () => {
  const identity = { kind: 'fixed', processId: 'p' } as const
  expect(resolveOptions({ applicationId: 'app', kafka, identity }).python).toEqual({})
})

test('refuses to commit less often than a transaction may be open', () => {
  const identity = { kind: 'fixed', processId: 'p' } as const
  expect(() => resolveOptions({ applicationId: 'app', kafka, identity, commitIntervalMs: 15_000 })).toThrow(
    'a commit interval of 15s does not fit a transaction timeout of 10s',
  )
  expect(
    resolveOptions({ applicationId: 'app', kafka, identity, guarantee: 'at_least_once' }).commitIntervalMs,
  ).toBe(30_000)
})
