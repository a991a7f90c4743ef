import { Lazy } from '../../data/lazy.ts'
import { parseJson } from '../../data/exact-json.ts'

/** A dict or list that Python gave, as the text it wrote: exact, and copied as it is by a JSON sink. */
export class PythonJson extends Lazy {
  readonly #text: string

  constructor(text: string) {
    super()
    this.#text = text
  }

  materialize(): unknown {
    return parseJson(this.#text)
  }

  detach(): PythonJson {
    return this
  }

  override jsonText(): string {
    return this.#text
  }
}
