/**
 * Names of types in a parsed file, resolved as protoc does: from the innermost scope outwards, among what the file declares and
 * what its imports show it.
 */
import {
  FieldDescriptorProto_Type,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { protoInvalid } from './tokens.ts'

type TypeKind = 'message' | 'enum'
type Types = ReadonlyMap<string, TypeKind>

/**
 * Sets the full name and the kind of every type that the file uses.
 *
 * @param imports - the files it imports, directly or not, by import path
 * @throws StreamError `SCHEMA_INVALID`, naming an import or a type that is not there
 */
export function linkFile(file: FileDescriptorProto, imports: ReadonlyMap<string, FileDescriptorProto>): void {
  const types = new Map<string, TypeKind>()
  addTypes(types, file)
  for (const path of file.dependency) {
    const imported = imports.get(path)
    if (imported === undefined) throw protoInvalid(`The import "${path}" is not among the references.`)
    addVisibleTypes(types, imported, imports)
  }
  const link = (message: DescriptorProto, scope: string): void => {
    const inner = `${scope}.${message.name}`
    for (const field of [...message.field, ...message.extension]) linkField(field, inner, types)
    for (const nested of message.nestedType) link(nested, inner)
  }
  const scope = file.package === '' ? '' : `.${file.package}`
  for (const message of file.messageType) link(message, scope)
  for (const field of file.extension) linkField(field, scope, types)
  for (const { method } of file.service) {
    for (const called of method) {
      called.inputType = resolve(called.inputType, scope, types)
      called.outputType = resolve(called.outputType, scope, types)
    }
  }
}

/** A file shows what it declares and what it imports publicly. */
function addVisibleTypes(
  types: Map<string, TypeKind>,
  file: FileDescriptorProto,
  imports: ReadonlyMap<string, FileDescriptorProto>,
): void {
  addTypes(types, file)
  for (const index of file.publicDependency) {
    const shown = imports.get(file.dependency[index] ?? '')
    if (shown !== undefined) addVisibleTypes(types, shown, imports)
  }
}

function addTypes(types: Map<string, TypeKind>, file: FileDescriptorProto): void {
  const add = (messages: readonly DescriptorProto[], scope: string): void => {
    for (const message of messages) {
      const name = `${scope}.${message.name}`
      types.set(name, 'message')
      for (const { name: enumName } of message.enumType) types.set(`${name}.${enumName}`, 'enum')
      add(message.nestedType, name)
    }
  }
  const scope = file.package === '' ? '' : `.${file.package}`
  add(file.messageType, scope)
  for (const { name } of file.enumType) types.set(`${scope}.${name}`, 'enum')
}

function linkField(field: FieldDescriptorProto, scope: string, types: Types): void {
  if (field.extendee !== '') field.extendee = resolve(field.extendee, scope, types)
  if (field.typeName === '') return
  field.typeName = resolve(field.typeName, scope, types)
  if (field.type === FieldDescriptorProto_Type.GROUP) return
  const kind = types.get(field.typeName)
  field.type = kind === 'enum' ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE
}

function resolve(name: string, scope: string, types: Types): string {
  if (name.startsWith('.')) {
    if (types.has(name)) return name
  } else {
    for (let around = scope; ; around = around.slice(0, around.lastIndexOf('.'))) {
      const candidate = `${around}.${name}`
      if (types.has(candidate)) return candidate
      if (around === '') break
    }
  }
  throw protoInvalid(`There is no type "${name}" in "${scope.slice(1)}" or around it.`)
}
