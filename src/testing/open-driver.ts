import { loadTopology, type LoadOptions } from './load-topology.ts'
import { TestDriver, type TestDriverOptions } from './test-driver.ts'

export type OpenDriverOptions = TestDriverOptions & LoadOptions

/**
 * Runs a definition in the hands of a test, without a broker.
 *
 * @param text - the definition, in YAML
 * @throws StreamError as {@link loadTopology}
 */
export async function openDriver(text: string, options: OpenDriverOptions = {}): Promise<TestDriver> {
  return TestDriver.open(await loadTopology(text, options), options)
}
