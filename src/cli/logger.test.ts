import { expect, test } from 'vitest'
import type { Output } from './output.ts'
import { createLogger, warnings } from './logger.ts'

function collecting(): { readonly notes: string[]; readonly output: Output } {
  const notes: string[] = []
  const output: Output = {
    interactive: false,
    line: () => {},
    note: (text) => notes.push(text),
    status: () => {},
  }
  return { notes, output }
}

test('text for people has the time of day, the level, what happened and its facts', () => {
  const { notes, output } = collecting()
  const logger = createLogger('info', 'text', output).with({ application: 'orders' })
  logger.info('tasks run', { tasks: 4, detail: undefined })
  logger.debug('task runs', { task: '0_1' })
  logger.warn('it failed', { error: new Error('no "such" thing') })
  expect(notes.map((note) => note.replace(/^\d\d:\d\d:\d\d\.\d{3} /, 'TIME '))).toEqual([
    'TIME info  tasks run application=orders tasks=4',
    String.raw`TIME warn  it failed application=orders error="no \"such\" thing"`,
  ])
})

test('JSON goes where all else goes that a command says, so that the order holds', () => {
  const { notes, output } = collecting()
  createLogger('info', 'json', output).with({ application: 'orders' }).info('tasks run', { tasks: 4 })
  output.note('the last line')
  expect(notes).toHaveLength(2)
  expect(JSON.parse(notes[0] ?? '')).toMatchObject({ application: 'orders', tasks: 4, msg: 'tasks run' })
})

test('a command without a log says only what its user has to know', () => {
  const { notes, output } = collecting()
  const logger = warnings(output)
  logger.info('nobody hears this')
  logger.warn('no broker answers, trying again')
  expect(notes).toEqual(['warn  no broker answers, trying again'])
})
