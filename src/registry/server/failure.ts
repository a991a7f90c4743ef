/** What a registry answers instead of what was asked for: codes and words are those of Confluent's registry. */
export class RegistryFailure extends Error {
  override readonly name: string = 'RegistryFailure'
  readonly status: number
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
    this.status = code > 1000 ? Math.floor(code / 100) : code
  }
}

export const subjectNotFound = (subject: string): RegistryFailure =>
  new RegistryFailure(40401, `Subject '${subject}' not found.`)

export const versionNotFound = (version: number): RegistryFailure =>
  new RegistryFailure(40402, `Version ${version} not found.`)

export const schemaNotFound = (id?: number | string): RegistryFailure =>
  new RegistryFailure(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`)

export const subjectSoftDeleted = (subject: string): RegistryFailure =>
  new RegistryFailure(40404, `Subject '${subject}' was soft deleted.Set permanent=true to delete permanently`)

export const subjectNotSoftDeleted = (subject: string): RegistryFailure =>
  new RegistryFailure(40405, `Subject '${subject}' was not deleted first before being permanently deleted`)

export const versionSoftDeleted = (subject: string, version: number): RegistryFailure =>
  new RegistryFailure(
    40406,
    `Subject '${subject}' Version ${version} was soft deleted.Set permanent=true to delete permanently`,
  )

export const versionNotSoftDeleted = (subject: string, version: number): RegistryFailure =>
  new RegistryFailure(
    40407,
    `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
  )

export const subjectConfigMissing = (subject: string): RegistryFailure =>
  new RegistryFailure(40408, `Subject '${subject}' does not have subject-level compatibility configured`)

export const subjectModeMissing = (subject: string): RegistryFailure =>
  new RegistryFailure(40409, `Subject '${subject}' does not have subject-level mode configured`)

export const incompatibleSchema = (subject: string, differences: readonly string[]): RegistryFailure =>
  new RegistryFailure(
    40901,
    `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${differences.join(', ')}]`,
  )

export const invalidSchema = (details: string): RegistryFailure =>
  new RegistryFailure(42201, `Invalid schema, details: ${details}`)

export const invalidVersion = (version: string): RegistryFailure =>
  new RegistryFailure(
    42202,
    `The specified version '${version}' is not a valid version id. ` +
      'Allowed values are between [1, 2^31-1] and the string "latest"',
  )

export const invalidCompatibility = (): RegistryFailure =>
  new RegistryFailure(
    42203,
    'Invalid compatibility level. Valid values are none, backward, forward, full, ' +
      'backward_transitive, forward_transitive, and full_transitive',
  )

export const invalidMode = (): RegistryFailure =>
  new RegistryFailure(
    42204,
    'Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT.',
  )

export const notPermitted = (message: string): RegistryFailure => new RegistryFailure(42205, message)

export const referenceExists = (subject: string, version: number): RegistryFailure =>
  new RegistryFailure(
    42206,
    `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
  )

export const invalidSubject = (subject: string): RegistryFailure =>
  new RegistryFailure(42208, `The specified subject '${subject}' is not a valid.`)

export const contextNotEmpty = (context: string): RegistryFailure =>
  new RegistryFailure(42211, `The specified context '${context}' is not empty.`)

export const storeFailed = (message: string): RegistryFailure => new RegistryFailure(50001, message)
