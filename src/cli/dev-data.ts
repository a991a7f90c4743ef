/** The data files that definitions name in their `dev:` sections: where they are, and what columns they have. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { Column } from '../data/types.ts'
import type { DevTopic } from '../language/dev-section.ts'
import { openDataFile, type DataFile } from '../workload/data-file.ts'
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

/** What the data files of these definitions tell about their topics' columns. */
export async function devColumns(definitions: readonly OpenDefinition[]): Promise<FileColumns> {
  const columns = new Map<string, readonly Column[]>()
  for (const { loaded, folder } of definitions) {
    for (const topic of loaded.dev?.topics ?? []) {
      const file = dataFileOf(topic, folder)
      if (file === undefined) continue
      await using data = await openDataFile(file)
      columns.set(topic.topic.value, data.columns)
    }
  }
  return columns
}
