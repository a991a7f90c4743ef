import { extname } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { DataFormat } from './data-file.ts'

const endings: Readonly<Record<string, DataFormat>> = {
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.parquet': 'parquet',
}

/** @throws StreamError `USAGE_INVALID` for an ending that says nothing */
export function dataFormatOf(path: string): DataFormat {
  const format = endings[extname(path).toLowerCase()]
  if (format === undefined) {
    throw new StreamError('USAGE_INVALID', `the ending of "${path}" does not tell its format`, {
      hint: 'Name the format: json, jsonl, csv or parquet.',
    })
  }
  return format
}
