import { withFacts } from '../../base/errors.ts'
import { openFunctions, type FunctionHost } from '../../functions/open-functions.ts'
import { functionsOf } from '../../topology/node-edges.ts'
import type { ThreadParts } from './thread-parts.ts'

/**
 * The functions of a thread, all of which can be bound.
 *
 * @throws StreamError `FUNCTION_INVALID`: the first that does not compile, with the others
 */
export async function compileFunctions({
  topology,
  options,
  surroundings,
  metrics,
  board,
}: ThreadParts): Promise<FunctionHost> {
  const functions = await openFunctions(topology.functions, {
    logger: surroundings.logger,
    metrics,
    random: surroundings.random,
    inline: topology.nodes.flatMap(functionsOf),
    python: options.python,
    ...(board === undefined ? {} : { board }),
  })
  const [first, ...others] = functions.problems
  if (first === undefined) return functions
  await functions.close()
  throw others.length === 0 ? first : withFacts(first, { others })
}
