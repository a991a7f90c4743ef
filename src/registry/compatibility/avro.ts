/**
 * Whether a reader with one Avro schema can read what was written with another, as Java's `SchemaCompatibility` decides it; the
 * differences are told in the words of Confluent's registry.
 */
import { isPromoted } from '../avro-promotions.ts'
import {
  fullName,
  isNamed,
  type AvroEnum,
  type AvroField,
  type AvroNamed,
  type AvroRecord,
  type AvroType,
} from '../schemas/avro-type.ts'

type AvroDifferenceType =
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'TYPE_MISMATCH'
  | 'MISSING_UNION_BRANCH'

interface AvroDifference {
  readonly type: AvroDifferenceType
  readonly path: string
  readonly fact: string
}

/** @returns nothing where the reader can read all that the writer writes; `%s` stands for the reader, then the writer */
export function avroDifferences(reader: AvroType, writer: AvroType): string[] {
  return new AvroComparison().compare(reader, writer, '').map(describe)
}

class AvroComparison {
  /** Pairs that are compared or were; recursion takes them as compatible, what is wrong is told where they stand first. */
  readonly #known = new Map<AvroType, Map<AvroType, readonly AvroDifference[]>>()

  compare(reader: AvroType, writer: AvroType, path: string): readonly AvroDifference[] {
    if (!isNamed(reader) && reader.kind !== 'union') return this.#compareNew(reader, writer, path)
    const ofReader = this.#known.get(reader) ?? new Map<AvroType, readonly AvroDifference[]>()
    const known = ofReader.get(writer)
    if (known !== undefined) return known
    this.#known.set(reader, ofReader.set(writer, []))
    const found = this.#compareNew(reader, writer, path)
    ofReader.set(writer, found)
    return found
  }

  #compareNew(reader: AvroType, writer: AvroType, path: string): readonly AvroDifference[] {
    if (writer.kind === 'union' && reader.kind !== 'union')
      return writer.branches.flatMap((branch, index) => this.compare(reader, branch, `${path}/${index}`))
    if (reader.kind === 'union') return this.#compareToUnion(reader.branches, writer, path)
    if (reader.kind === writer.kind) return this.#compareSameKind(reader, writer, path)
    if (isPromoted(writer.kind, reader.kind)) return []
    const fact = `reader type: ${typeWord(reader)} not compatible with writer type: ${typeWord(writer)}`
    return [{ type: 'TYPE_MISMATCH', path, fact }]
  }

  #compareSameKind(reader: AvroType, writer: AvroType, path: string): readonly AvroDifference[] {
    if (reader.kind === 'array' && writer.kind === 'array')
      return this.compare(reader.items, writer.items, `${path}/items`)
    if (reader.kind === 'map' && writer.kind === 'map')
      return this.compare(reader.values, writer.values, `${path}/values`)
    return isNamed(reader) && isNamed(writer) ? this.#compareNamed(reader, writer, path) : []
  }

  #compareToUnion(branches: readonly AvroType[], writer: AvroType, path: string): readonly AvroDifference[] {
    if (writer.kind === 'union') {
      return writer.branches.flatMap((branch, index) =>
        this.#compareToUnion(branches, branch, `${path}/${index}`),
      )
    }
    if (branches.some((branch) => this.compare(branch, writer, path).length === 0)) return []
    const fact = `reader union lacking writer type: ${typeWord(writer)}`
    return [{ type: 'MISSING_UNION_BRANCH', path, fact }]
  }

  #compareNamed(reader: AvroNamed, writer: AvroNamed, path: string): readonly AvroDifference[] {
    const differences: AvroDifference[] = []
    if (reader.name !== writer.name && !reader.aliases.includes(fullName(writer)))
      differences.push({ type: 'NAME_MISMATCH', path: `${path}/name`, fact: `expected: ${fullName(writer)}` })
    if (reader.kind === 'fixed' && writer.kind === 'fixed' && reader.size !== writer.size) {
      const fact = `expected: ${writer.size}, found: ${reader.size}`
      differences.push({ type: 'FIXED_SIZE_MISMATCH', path: `${path}/size`, fact })
    }
    if (reader.kind === 'enum' && writer.kind === 'enum')
      differences.push(...compareSymbols(reader, writer, path))
    if (reader.kind === 'record' && writer.kind === 'record')
      differences.push(...this.#compareFields(reader, writer, path))
    return differences
  }

  #compareFields(reader: AvroRecord, writer: AvroRecord, path: string): AvroDifference[] {
    return reader.fields.flatMap((field, index): readonly AvroDifference[] => {
      const at = `${path}/fields/${index}`
      const written = writtenField(field, writer)
      if (written !== undefined) return this.compare(field.type, written.type, `${at}/type`)
      if (field.default !== undefined) return []
      // As Java has it: an enum's own default is no default of the field, and what is said is that the enum is no record.
      if (field.type.kind === 'enum' && field.type.default !== undefined)
        return this.compare(field.type, writer, `${at}/type`)
      return [{ type: 'READER_FIELD_MISSING_DEFAULT_VALUE', path: at, fact: field.name }]
    })
  }
}

function writtenField(field: AvroField, writer: AvroRecord): AvroField | undefined {
  const byName = (name: string): AvroField | undefined =>
    writer.fields.find((written) => written.name === name)
  return byName(field.name) ?? field.aliases.map(byName).find((written) => written !== undefined)
}

function compareSymbols(reader: AvroEnum, writer: AvroEnum, path: string): AvroDifference[] {
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
  if (missing.length === 0 || reader.default !== undefined) return []
  return [{ type: 'MISSING_ENUM_SYMBOLS', path: `${path}/symbols`, fact: `[${missing.join(', ')}]` }]
}

const typeWord = ({ kind }: AvroType): string => kind.toUpperCase()

const descriptions: Readonly<Record<AvroDifferenceType, (path: string, fact: string) => string>> = {
  FIXED_SIZE_MISMATCH: (path) =>
    `The size of FIXED type field at path '${path}' in the %s schema does not match with the %s schema`,
  TYPE_MISMATCH: (path) =>
    `The type (path '${path}') of a field in the %s schema does not match with the %s schema`,
  NAME_MISMATCH: (path) => `The name of the schema has changed (path '${path}')`,
  MISSING_ENUM_SYMBOLS: (path, fact) =>
    `The %s schema is missing enum symbols '${fact}' at path '${path}' in the %s schema`,
  MISSING_UNION_BRANCH: (path) =>
    `The %s schema is missing a type inside a union field at path '${path}' in the %s schema`,
  READER_FIELD_MISSING_DEFAULT_VALUE: (path, fact) =>
    `The field '${fact}' at path '${path}' in the %s schema has no default value and is missing in the %s schema`,
}

function describe({ type, path, fact }: AvroDifference): string {
  const at = path === '' ? '/' : path
  return `{errorType:'${type}', description:'${descriptions[type](at, fact)}', additionalInfo:'${fact}'}`
}
