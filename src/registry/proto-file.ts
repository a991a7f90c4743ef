/** Protobuf schemas as registries hold them: text of a .proto file, or a descriptor in base64 as Python's serialisers register it. */
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { NamedSchema } from './contracts.ts'
import { furtherFiles } from './proto/further-files.ts'
import { linkFile } from './proto/link-file.ts'
import { parseFile } from './proto/parse-file.ts'
import { printFile } from './proto/print-file.ts'
import { protoInvalid } from './proto/tokens.ts'
import { wellKnownFiles } from './proto/well-known.ts'

/** A Protobuf schema with everything that it imports. */
export interface ProtoFiles {
  readonly main: FileDescriptorProto
  /** Imported files before those that import them, well-known ones included where they are used; `main` comes last. */
  readonly all: readonly FileDescriptorProto[]
}

/** What the main file is called: registries give it no name. */
const mainName = 'default'

/**
 * Reads a schema and links its types.
 *
 * @param references - what it imports, also indirectly, those without imports first; a name is an import path
 * @throws StreamError `SCHEMA_INVALID`, with line and column
 */
export function readProtoFiles(text: string, references: readonly NamedSchema[] = []): ProtoFiles {
  const known = new Map(wellKnownFiles)
  for (const reference of references)
    known.set(reference.name, readOne(reference.name, reference.text, known))
  const main = readOne(mainName, text, known)
  return { main, all: withImports(main, known) }
}

function readOne(name: string, text: string, known: Map<string, FileDescriptorProto>): FileDescriptorProto {
  const file = isBase64(text) ? fromBase64(name, text) : parseFile(name, text)
  for (const path of file.dependency) {
    const further = known.has(path) ? undefined : furtherFiles.get(path)
    if (further !== undefined) known.set(path, readOne(path, further, known))
  }
  linkFile(file, known)
  return file
}

function isBase64(text: string): boolean {
  return /^[A-Za-z\d+/\s]+={0,2}\s*$/.test(text)
}

function fromBase64(name: string, text: string): FileDescriptorProto {
  try {
    const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(text, 'base64'))
    file.name = name
    return file
  } catch (error) {
    throw protoInvalid(`It is neither a .proto file nor a descriptor in base64 (${String(error)}).`)
  }
}

function withImports(
  main: FileDescriptorProto,
  known: ReadonlyMap<string, FileDescriptorProto>,
): readonly FileDescriptorProto[] {
  const done = new Map<string, FileDescriptorProto>()
  const open = new Set<string>()
  const visit = (file: FileDescriptorProto): void => {
    if (open.has(file.name)) throw protoInvalid(`"${file.name}" imports itself, directly or through others.`)
    open.add(file.name)
    for (const path of file.dependency) {
      const imported = known.get(path)
      if (imported !== undefined && !done.has(path)) visit(imported)
    }
    open.delete(file.name)
    done.set(file.name, file)
  }
  visit(main)
  return [...done.values()]
}

/** The schema as text of a .proto file; what is text already stays as it is. */
export function protoText(text: string): string {
  return isBase64(text) ? printFile(fromBase64(mainName, text)) : text
}
