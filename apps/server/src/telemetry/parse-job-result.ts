import { isPlainObject } from '../domain/primitives/plain-object.ts';
import {
  MAX_INTEGER,
  copyJson,
  readCount,
  readField,
  readName,
  readRecord,
  readText,
  refuseBeacon,
} from './tolerant-json.ts';
import type { JsonRecord, Parsed } from './tolerant-json.ts';

/** The declared result of a job, at most one for each job run. */
export interface JobResultDetails {
  /** `job.<name>`, or `job.background_agent.<name>` for an agent. */
  resultType: string;
  jobRef: string;
  engineVersion: number;
  /** Any JSON; null if the job declared none. */
  result: unknown;
  /** This and the following fields are null for all but agents. */
  agentStatus: string | null;
  /** Markdown. */
  summary: string | null;
  model: string | null;
  loopType: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  totalTokens: number | null;
  turnCount: number | null;
  /** Decimal text, so that no digit is lost. */
  costUsd: string | null;
  stopReason: string | null;
  /** The whole body as received, valid for `jsonb`; returned by the result-trace operation. */
  document: JsonRecord;
}

const RESULT_BOUNDS = { maxDepth: 64, maxValues: 1_000_000 };
const MAX_SUMMARY_LENGTH = 256 * 1024;
const MAX_COST_USD = 1e9;

/**
 * Parses a `job_result` body of dlt 1.31. Requires a type that starts with `job.` and a job ref. A body too
 * deep or too large to store is rejected, because half a result is worse than none. Never throws.
 */
export function parseJobResult(body: unknown): Parsed<JobResultDetails> {
  if (!isPlainObject(body)) return refuseBeacon('The job result is not a JSON object.');
  const resultType = readName(body, 'type');
  const jobRef = readName(body, 'job_ref');
  if (resultType === null || !resultType.startsWith('job.')) {
    return refuseBeacon('The job result has no type that starts with "job.".');
  }
  if (jobRef === null) return refuseBeacon('The job result has no job_ref.');
  const document = copyJson(body, RESULT_BOUNDS);
  if (!isPlainObject(document)) {
    return refuseBeacon(
      `The job result is nested deeper than ${RESULT_BOUNDS.maxDepth} or has more than ${RESULT_BOUNDS.maxValues} values.`,
    );
  }
  return {
    ok: true,
    details: {
      resultType,
      jobRef,
      engineVersion: readCount(body, 'engine_version', MAX_INTEGER) ?? 1,
      result: readField(document, 'result') ?? null,
      ...describeAgent(document),
      document,
    },
  };
}

type AgentDetails = Omit<JobResultDetails, 'resultType' | 'jobRef' | 'engineVersion' | 'result' | 'document'>;

function describeAgent(document: JsonRecord): AgentDetails {
  const trace = readRecord(readField(document, 'trace'));
  return {
    agentStatus: readName(document, 'status'),
    summary: readText(document, 'summary', MAX_SUMMARY_LENGTH),
    model: readName(trace, 'model'),
    loopType: readName(trace, 'loop_type'),
    inputTokens: readCount(trace, 'input_tokens'),
    outputTokens: readCount(trace, 'output_tokens'),
    totalTokens: readCount(trace, 'total_tokens'),
    turnCount: readCount(trace, 'turn_count', MAX_INTEGER),
    costUsd: readCost(trace),
    stopReason: readName(trace, 'stop_reason'),
  };
}

function readCost(trace: JsonRecord): string | null {
  const cost = readField(trace, 'cost_usd');
  if (typeof cost !== 'number' || !(cost >= 0 && cost <= MAX_COST_USD)) return null;
  return cost.toFixed(10).replace(/\.?0+$/, '');
}
