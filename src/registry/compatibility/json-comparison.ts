import type { JsonNode } from '../schemas/json-schema.ts'

/** Compares two schemas at a place and collects what breaks. */
export interface JsonComparison {
  /** Undefined stands for a schema that allows everything. */
  compare(reader: JsonNode | undefined, writer: JsonNode | undefined, path: string): void
  /** Whether a comparison would find nothing. */
  accepts(reader: JsonNode | undefined, writer: JsonNode | undefined): boolean
  add(type: string, path: string): void
}
