/** The data files that definitions name in their `dev:` sections: where they are, what columns they have, and what is wrong with them. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { Column } from '../data/types.ts'
import type { DevTopic } from '../language/dev-section.ts'
import { Diagnostics, type Diagnostic } from '../language/diagnostic.ts'
import { fieldProblem, openDataFile, type DataFile } from '../workload/data-file.ts'
import type { OpenDefinition } from './definitions.ts'
import type { FileColumns } from './topic-catalog.ts'

/** @returns undefined for a topic that starts empty */
export function dataFileOf(topic: DevTopic, folder: string): DataFile | undefined {
  if (topic.file === undefined) return undefined
  return {
    path: resolveDataPath(topic.file.value, folder),
    format: topic.format,
    ...(topic.key === undefined ? {} : { key: topic.key.value }),
    ...(topic.eventTime === undefined ? {} : { eventTime: topic.eventTime.value }),
  }
}

/** `npm:package/path` is a file of a package that is installed where the definition is; else a path beside the definition. */
function resolveDataPath(path: string, folder: string): string {
  const [, name, inside] = /^npm:((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(path) ?? []
  if (name === undefined || inside === undefined) return isAbsolute(path) ? path : resolve(folder, path)
  const paths = createRequire(join(folder, 'definition.js')).resolve.paths(name) ?? []
  const found = paths.map((modules) => join(modules, name, inside)).find((candidate) => existsSync(candidate))
  if (found !== undefined) return found
  throw new StreamError('FILE_UNREADABLE', `package "${name}" with "${inside}" is not installed`, {
    hint: `Install it: npm install ${name}`,
  })
}

export interface DevData {
  readonly columns: FileColumns
  /** Topics whose file cannot be read: nothing follows from it that their columns are not known. */
  readonly unreadable: ReadonlySet<string>
  /** Each at its place in its definition. */
  readonly problems: readonly Diagnostic[]
}

/** What the data files of these definitions tell about their topics' columns. */
export async function readDevData(definitions: readonly OpenDefinition[]): Promise<DevData> {
  const columns = new Map<string, readonly Column[]>()
  const unreadable = new Set<string>()
  const problems: Diagnostic[] = []
  for (const { loaded, folder } of definitions) {
    const diagnostics = new Diagnostics()
    for (const topic of loaded.dev?.topics ?? []) {
      const found = await columnsOf(topic, folder, diagnostics)
      if (found !== undefined) columns.set(topic.topic.value, found)
      else if (topic.file !== undefined) unreadable.add(topic.topic.value)
    }
    problems.push(...diagnostics.list())
  }
  return { columns, unreadable, problems }
}

async function columnsOf(
  topic: DevTopic,
  folder: string,
  diagnostics: Diagnostics,
): Promise<readonly Column[] | undefined> {
  if (topic.file === undefined) return undefined
  try {
    const file = dataFileOf({ ...topic, key: undefined, eventTime: undefined }, folder)
    if (file === undefined) return undefined
    await using data = await openDataFile(file)
    for (const use of ['key', 'eventTime'] as const) {
      const field = topic[use]
      if (field === undefined) continue
      const problem = fieldProblem({ ...file, [use]: field.value }, use, data.columns)
      if (problem !== undefined) diagnostics.addThrown(problem, field.span)
    }
    return data.columns
  } catch (error) {
    diagnostics.addThrown(error, topic.file.span)
    return undefined
  }
}
