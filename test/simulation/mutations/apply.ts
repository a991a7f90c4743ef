/**
 * Breaks one place of the source as it is loaded: `WEFT_MUTATION=NAME node --import ./test/simulation/mutations/apply.ts …`. The tree is left as it
 * is, so runs can go side by side. Ends the process at once when the text to be changed is not there exactly once.
 */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { mutate, mutations } from './mutations.ts'

const name = process.env['WEFT_MUTATION']
const mutation = mutations.find((candidate) => candidate.name === name)
if (mutation === undefined) throw new Error(`no mutation is called "${name}"`)
const target = pathToFileURL(mutation.file).href

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    if (url !== target || loaded.source === undefined || loaded.source === null) return loaded
    const text =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    return { ...loaded, source: mutate(mutation, text) }
  },
})
