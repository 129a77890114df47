import { isPlainObject } from '../domain/primitives/plain-object.ts';
import { isDltName } from './trace-packages.ts';
import { readWriteDisposition } from './trace-resources.ts';
import {
  MAX_INTEGER,
  copyJson,
  readCount,
  readField,
  readName,
  readRecord,
  readRecords,
  refuseBeacon,
} from './tolerant-json.ts';
import type { JsonRecord, Parsed } from './tolerant-json.ts';

/** The content of a `state` body: the pipeline, its destination, and its complete schemas. */
export interface PipelineStateDetails {
  pipelineName: string;
  destinationName: string | null;
  destinationFingerprint: string | null;
  /** Null for a run without new data. */
  datasetName: string | null;
  schemas: SchemaDetails[];
}

/** One version of one schema, identified by (pipeline, name, versionHash). */
export interface SchemaDetails {
  name: string;
  version: number;
  versionHash: string;
  /** Newest first, as dlt stores them (at most ten). */
  previousHashes: string[];
  /** Without dlt's own tables. */
  tables: SchemaTable[];
  /** The schema as dlt stores it, valid for `jsonb`. */
  document: JsonRecord;
}

export interface SchemaTable {
  name: string;
  /** The parent of a nested table. */
  parent: string | null;
  resourceName: string | null;
  writeDisposition: string | null;
  columnCount: number;
}

/** A schema of 5000 tables with 40 columns has about two million values. */
const SCHEMA_BOUNDS = { maxDepth: 32, maxValues: 2_000_000 };
const MAX_SCHEMAS = 200;
const MAX_PREVIOUS_HASHES = 100;

/**
 * Parses a `state` body of dlt 1.31. Requires a pipeline name; a schema without a name or a hash, or too deep
 * or too large to store, is omitted. Never throws.
 */
export function parseState(body: unknown): Parsed<PipelineStateDetails> {
  if (!isPlainObject(body)) return refuseBeacon('The state is not a JSON object.');
  const pipelineName = readName(body, 'pipeline_name');
  if (pipelineName === null) return refuseBeacon('The state has no pipeline_name.');
  const schemas = readRecords(body, 'schemas').slice(0, MAX_SCHEMAS).flatMap(parseSchema);
  return {
    ok: true,
    details: {
      pipelineName,
      destinationName: readName(body, 'destination_name'),
      destinationFingerprint: readName(body, 'destination_fingerprint'),
      datasetName: readName(body, 'dataset_name'),
      schemas,
    },
  };
}

function parseSchema(raw: JsonRecord): SchemaDetails[] {
  const name = readName(raw, 'name');
  const versionHash = readName(raw, 'version_hash');
  const document = copyJson(raw, SCHEMA_BOUNDS);
  if (name === null || versionHash === null || !isPlainObject(document)) return [];
  const version = readCount(raw, 'version', MAX_INTEGER) ?? 0;
  return [
    {
      name,
      version,
      versionHash,
      previousHashes: readHashes(document),
      tables: summarizeTables(document),
      document,
    },
  ];
}

function readHashes(document: JsonRecord): string[] {
  const hashes = readField(document, 'previous_hashes');
  if (!Array.isArray(hashes)) return [];
  return hashes
    .filter((hash) => typeof hash === 'string' && hash.length <= 256)
    .slice(0, MAX_PREVIOUS_HASHES);
}

function summarizeTables(document: JsonRecord): SchemaTable[] {
  return Object.entries(readRecord(readField(document, 'tables'))).flatMap(([key, value]) => {
    if (!isPlainObject(value)) return [];
    const name = readName(value, 'name') ?? key;
    if (isDltName(name)) return [];
    const table: SchemaTable = {
      name,
      parent: readName(value, 'parent'),
      resourceName: readName(value, 'resource'),
      writeDisposition: readWriteDisposition(value),
      columnCount: Object.keys(readRecord(readField(value, 'columns'))).length,
    };
    return [table];
  });
}
