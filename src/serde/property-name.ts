/** A name as a property of an object literal in generated code; `__proto__` is a name like others in schemas. */
export function propertyName(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)
}
