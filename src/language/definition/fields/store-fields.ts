import { byDefault, optional, required } from '../../schema/field.ts'
import { nameOr } from '../../schema/collections.ts'
import { objectOf, objectSchema, type Read } from '../../schema/object.ts'
import { boolean, choice, duration, text, type } from '../../schema/scalars.ts'

const storeKinds = choice(['keyValue', 'session', 'window'])

const shared = {
  name: optional(text, 'The name of the store; under "stores" the key is the name.'),
  persistent: byDefault(boolean, false, 'Whether the store is kept on disk.'),
  timestamped: byDefault(boolean, false, 'Whether functions see a value together with its timestamp.'),
  versioned: byDefault(boolean, false, 'Whether the store keeps earlier versions of a value.'),
  historyRetention: optional(duration, 'How long a versioned store keeps earlier versions.', {
    unit: 'milliseconds',
  }),
  segmentInterval: optional(duration, 'How much time one segment of a versioned store spans.', {
    unit: 'milliseconds',
  }),
  retention: optional(duration, 'How long windows are kept; a keyValue store keeps everything.', {
    unit: 'milliseconds',
  }),
  windowSize: optional(duration, 'The size of the windows, as the operation has it.', {
    unit: 'milliseconds',
  }),
  retainDuplicates: byDefault(
    boolean,
    false,
    'Whether equal keys of a window are all kept: for joins of streams.',
  ),
  caching: byDefault(
    boolean,
    false,
    'Whether changes are held back until a commit, so that only the last of a key goes on.',
  ),
  logging: byDefault(
    boolean,
    false,
    'Whether changes go to a change-log topic, so that the state outlives a restart.',
  ),
}

const types = {
  keyType: optional(type, 'The type of the keys.', { example: 'string' }),
  valueType: optional(type, 'The type of the values.', { example: 'json' }),
}

/** An entry of `stores`. */
export const namedStoreSchema = objectSchema('store', 'store', 'A state store.', {
  type: required(storeKinds, 'The kind of the store.', { example: 'keyValue' }),
  ...shared,
  ...types,
})

/** A store that is written where it is used, which also gives it its types: those that it names itself are only compared. */
export const inlineStoreSchema = objectSchema(
  'inlineStore',
  'store',
  'The state store of an operation or table.',
  {
    type: optional(storeKinds, 'The kind of the store.', { example: 'keyValue' }),
    ...shared,
    ...types,
  },
)

export type NamedStoreFields = Read<typeof namedStoreSchema>
export type InlineStoreFields = Read<typeof inlineStoreSchema>

/** The name of a store, or its fields. */
export const storeOrName = nameOr(objectOf(inlineStoreSchema), 'store')
