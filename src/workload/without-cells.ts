/** Where DuckDB says which column of a row it could not convert, and to what. */
const column = /^Error when converting column "([^"\n]*)"\. [^]*? to '([A-Z0-9_ ]+)'$/m
/** From the first quotation mark to the last; without a last one, all. An apostrophe is none. */
const quotations = /(?<![a-z])(["'])[^]*\1|(?<![a-z])["'][^]*$/
const standIn = '\u0000'

/**
 * What DuckDB says of a file, in one line and without what stands in the file: it quotes the cells that it cannot read, and contents
 * of records are in no message. Line and column stay, and the path.
 */
export function withoutCells(message: string, path: string): string {
  const [said = ''] = message.split('\n\nLINE ', 1)
  const [, name, type] = column.exec(said) ?? []
  const [first = ''] = said
    .replaceAll(path, standIn)
    .replaceAll(`"${standIn}"`, standIn)
    .replaceAll(`'${standIn}'`, standIn)
    .replace(quotations, '…')
    .replace(/ with value \S+/, '')
    .split('\n', 1)
  const line = first.trim().replaceAll(standIn, `"${path}"`)
  return name === undefined ? line : `${line}, column "${name}" is no ${type}`
}
