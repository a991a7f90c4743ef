import type { SourceSpan } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import { MetricRegistry } from '../base/metrics.ts'
import { systemRandom } from '../base/random.ts'
import { openFunctions } from '../functions/open-functions.ts'
import { Diagnostics, type Diagnostic } from '../language/diagnostic.ts'
import type { LoadedDefinition } from '../language/load.ts'
import type { FunctionRef } from '../topology/functions.ts'

/** As {@link functionProblems}, of what costs neither an interpreter nor a module that is loaded: a thread compiles those first of all. */
export async function inlineFunctionProblems(
  loaded: LoadedDefinition,
  file: string,
): Promise<readonly Diagnostic[]> {
  const { code } = loaded
  if (code === undefined) return []
  const compiled = ({ body }: FunctionRef): boolean => body.language === 'javascript'
  const scope = { ...code.scope, functions: code.scope.functions.filter(compiled) }
  return await functionProblems({ ...loaded, code: { scope, inline: code.inline.filter(compiled) } }, file)
}

/** Compiles the functions of a definition, also where something else is wrong with it; gives what does not compile. */
export async function functionProblems(
  { code }: LoadedDefinition,
  file: string,
): Promise<readonly Diagnostic[]> {
  if (code === undefined) return []
  const host = await openFunctions(code.scope, {
    logger: silentLogger,
    metrics: new MetricRegistry(),
    random: systemRandom,
    inline: code.inline,
  })
  const diagnostics = new Diagnostics()
  const start: SourceSpan = { file, line: 1, column: 1, length: 1 }
  for (const problem of host.problems) diagnostics.addThrown(problem, start)
  await host.close()
  return diagnostics.list()
}
