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
