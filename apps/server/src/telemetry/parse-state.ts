import { isDltName } from './trace-packages.ts';
import { readWriteDisposition } from './trace-resources.ts';
import {
  MAX_INTEGER,
  copyJson,
  isRecord,
  readCount,
  readField,
  readName,
  readRecord,
  readRecords,
  refuseBeacon,
} from './tolerant-json.ts';
import type { JsonRecord, Parsed } from './tolerant-json.ts';

/** What a `state` body says: the pipeline, where it loads to, and its whole schemas. */
export interface PipelineStateFacts {
  pipelineName: string;
  destinationName: string | null;
  destinationFingerprint: string | null;
  /** Null for a run that had nothing new to load. */
  datasetName: string | null;
  schemas: SchemaFacts[];
}

/** One version of one schema; (pipeline, name, versionHash) names it. */
export interface SchemaFacts {
  name: string;
  version: number;
  versionHash: string;
  /** Newest first, as dlt keeps them (at most ten). */
  previousHashes: string[];
  /** Without dlt's own tables. */
  tables: SchemaTable[];
  /** The schema as dlt stores it, fit for `jsonb`. */
  document: JsonRecord;
}

export interface SchemaTable {
  name: string;
  /** The table above a nested one. */
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
 * What a `state` body of dlt 1.31 says. Needs a pipeline name; a schema without a name or a hash, or too deep or large
 * to be stored, is left out. Never throws.
 */
export function parseState(body: unknown): Parsed<PipelineStateFacts> {
  if (!isRecord(body)) return refuseBeacon('The state is not a JSON object.');
  const pipelineName = readName(body, 'pipeline_name');
  if (pipelineName === null) return refuseBeacon('The state has no pipeline_name.');
  const schemas = readRecords(body, 'schemas').slice(0, MAX_SCHEMAS).flatMap(parseSchema);
  return {
    ok: true,
    facts: {
      pipelineName,
      destinationName: readName(body, 'destination_name'),
      destinationFingerprint: readName(body, 'destination_fingerprint'),
      datasetName: readName(body, 'dataset_name'),
      schemas,
    },
  };
}

function parseSchema(raw: JsonRecord): SchemaFacts[] {
  const name = readName(raw, 'name');
  const versionHash = readName(raw, 'version_hash');
  const document = copyJson(raw, SCHEMA_BOUNDS);
  if (name === null || versionHash === null || !isRecord(document)) return [];
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
    if (!isRecord(value)) return [];
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
