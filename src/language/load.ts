/**
 * From the text of a definition file to topologies: KSML's form (`pipelines:`), KaflowSQL's (`query:`), or Weft's own, in which both stand
 * side by side. All problems of the file come back together; nothing is thrown for what an author wrote.
 */
import { basename, extname, resolve } from 'node:path'
import type { SourceSpan } from '../base/errors.ts'
import { finishTopology } from '../topology/build-topology.ts'
import { noOptimization, type Optimization } from '../topology/optimization.ts'
import type { Topology } from '../topology/topology.ts'
import type { Catalog } from './catalog.ts'
import { buildTopologyOfPipelines, type DefinitionCode } from './definition/build-pipelines.ts'
import { definitionSchema, sqlFileSchema, type DefinitionFields } from './definition/fields/file-fields.ts'
import { readDev, readTopics } from './definition/read-dev.ts'
import { readQuery } from './definition/read-query.ts'
import type { DevSection } from './dev-section.ts'
import { Diagnostics, type Diagnostic } from './diagnostic.ts'
import type { QueryDefinition } from './query-definition.ts'
import { FileCatalog } from './definition/file-catalog.ts'
import type { SchemaBook } from './schema-book.ts'
import { partsOf } from './schema/object.ts'
import { parseYaml, type SourceText, type YamlMap } from './yaml-document.ts'

export interface LoadOptions {
  /** For `${NAME}` in the file. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What is known of topics; the file's own declarations come first. */
  readonly catalog: Catalog
  /** Notations of the configuration, and schemas beside the definition; absent: none. */
  readonly schemas?: SchemaBook
  /** Prefixes the names of operations, stores' topics and loggers; absent: the definition's name, else that of its file. */
  readonly namespace?: string
  /** What is rewritten in the topology of pipelines; absent: nothing. */
  readonly optimization?: Optimization
}

export type DefinitionForm = 'sql' | 'topology' | 'weft'

export interface LoadedDefinition {
  readonly form: DefinitionForm
  /** One for each query, in the order of the file, and one for all pipelines; empty where there is an error. */
  readonly topologies: readonly Topology[]
  readonly dev: DevSection | undefined
  /** The functions that could be read, whatever else is wrong: they are not compiled here. */
  readonly code: DefinitionCode | undefined
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Code is not for the environment: `${x}` means something else in JavaScript. */
const verbatimKeys: ReadonlySet<string> = new Set(['code', 'expression', 'globalCode'])

/** Loads a definition file. `file.path` is shown in messages as it is; modules are looked for beside it. */
export async function loadDefinition(file: SourceText, options: LoadOptions): Promise<LoadedDefinition> {
  const diagnostics = new Diagnostics(options.schemas)
  const root = parseYaml(file, { environment: options.environment, verbatimKeys }, diagnostics)
  if (root === undefined) return { form: 'topology', ...nothing, diagnostics: diagnostics.list() }
  const form = formOf(root)
  const loading = { root, file, options, diagnostics }
  const loaded = form === 'sql' ? await loadSql(loading) : await loadWeft(loading)
  const topologies = diagnostics.failed ? [] : loaded.topologies
  return { form, ...loaded, topologies, diagnostics: diagnostics.list() }
}

/** Which language a file is written in. */
function formOf({ entries }: YamlMap): DefinitionForm {
  const has = (...keys: readonly string[]): boolean => entries.some(({ key }) => keys.includes(key))
  if (has('query')) return 'sql'
  return has('queries', 'dev', 'topics') ? 'weft' : 'topology'
}

interface Loading {
  readonly root: YamlMap
  readonly file: SourceText
  readonly options: LoadOptions
  readonly diagnostics: Diagnostics
}

type Loaded = Pick<LoadedDefinition, 'topologies' | 'dev' | 'code'>

const nothing: Loaded = { topologies: [], dev: undefined, code: undefined }

async function loadSql({ root, file, options, diagnostics }: Loading): Promise<Loaded> {
  const place = { label: 'the SQL pipeline', span: startOf(root, file) }
  const fields = partsOf(sqlFileSchema).read(root, diagnostics, place)
  if (fields === undefined) return nothing
  const query = readQuery(fields, fields.name ?? { value: '', span: place.span })
  const catalog = new FileCatalog(readTopics(fields), options.catalog, diagnostics)
  const topologies = await planQueries(query === undefined ? [] : [query], catalog, diagnostics)
  return { topologies, dev: readDev(fields, diagnostics), code: undefined }
}

async function loadWeft({ root, file, options, diagnostics }: Loading): Promise<Loaded> {
  const span = startOf(root, file)
  const fields = partsOf(definitionSchema).read(root, diagnostics, {
    label: 'the definition',
    span,
  })
  if (fields === undefined) return nothing
  const name = fields.name?.value ?? basename(file.path, extname(file.path))
  const queries = queriesOf(fields)
  const catalog = new FileCatalog(readTopics(fields), options.catalog, diagnostics)
  const topologies = [...(await planQueries(queries, catalog, diagnostics))]
  let code: DefinitionCode | undefined
  if (fields.pipelines !== undefined || queries.length === 0) {
    const built = buildTopologyOfPipelines(fields, {
      diagnostics,
      file: resolve(file.path),
      name: name.replaceAll(/[^A-Za-z0-9._-]+/g, '-'),
      namespace: options.namespace ?? name.replaceAll(/[^A-Za-z0-9._-]/g, '_'),
      optimization: options.optimization ?? noOptimization,
      span,
    })
    if (built.topology !== undefined) topologies.push(built.topology)
    code = built.code
  }
  if (queries.length === 0) checkHoldsWork(topologies, emptyOf(root) ?? span, diagnostics)
  return { topologies, dev: readDev(fields, diagnostics), code }
}

/** What is broken may be why there is nothing. */
function checkHoldsWork(topologies: readonly Topology[], span: SourceSpan, diagnostics: Diagnostics): void {
  if (topologies.some(({ nodes }) => nodes.length > 0) || diagnostics.failed) return
  diagnostics.error('DEFINITION_INVALID', 'the file holds nothing to run', span, {
    hint: 'Add a pipeline to "pipelines:" or a query to "queries:", or write "query:" and "output:" for a file with one query.',
  })
}

/** Where the file says that there are none. */
function emptyOf({ entries }: YamlMap): SourceSpan | undefined {
  return entries.find(({ key }) => key === 'pipelines' || key === 'queries')?.keySpan
}

function queriesOf(fields: DefinitionFields): readonly QueryDefinition[] {
  return (fields.queries ?? []).flatMap(({ name, span, value }) =>
    value === undefined ? [] : (readQuery(value, value.name ?? { value: name, span }) ?? []),
  )
}

/** The topologies of queries; a query may read what another one writes. */
async function planQueries(
  queries: readonly QueryDefinition[],
  catalog: FileCatalog,
  diagnostics: Diagnostics,
): Promise<readonly Topology[]> {
  catalog.addQueries(queries)
  const topologies: Topology[] = []
  for (const query of queries) {
    const { plan, diagnostics: problems } = await catalog.plan(query)
    for (const problem of problems) diagnostics.add(problem)
    if (plan === undefined) continue
    const { name, nodes, stores } = plan
    try {
      topologies.push(finishTopology({ name, nodes, stores, functions: { namespace: name, functions: [] } }))
    } catch (error) {
      diagnostics.addThrown(error, query.span)
    }
  }
  return topologies
}

function startOf(root: YamlMap, file: SourceText): SourceSpan {
  return root.entries[0]?.keySpan ?? { file: file.path, line: 1, column: 1, length: 1 }
}
