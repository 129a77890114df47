import type { ResourceUsage } from './resource-usage.ts';
import type { UnnumberedLogLine } from '../logs/log-line.ts';
import type { PendingReport } from '../pipelines/pending-packages.ts';
import type { PlainStart } from './plain-start.ts';
import type { RepeatedLoad } from '../pipelines/repeated-loads.ts';
import { isPlainObject } from '../primitives/plain-object.ts';
import { readPendingReport } from '../pipelines/pending-packages.ts';
import { readPlainStart } from './plain-start.ts';
import { readRepeatedLoad } from '../pipelines/repeated-loads.ts';
import { readResourceUsage } from './resource-usage.ts';
import { runnerLine } from '../logs/log-line.ts';

/**
 * What a bootstrap recorded, one JSON record per line; docs/contribute/attempt-protocol.md describes the
 * format.
 */
export type SpoolRecord =
  | { kind: 'started'; at: Date }
  | {
      kind: 'log';
      line: UnnumberedLogLine;
      repeatedLoad?: RepeatedLoad | null;
      plainStart?: PlainStart | null;
    }
  | { kind: 'beacon'; at: Date; type: string; body: Uint8Array }
  | { kind: 'waiting'; at: Date; isBegin: boolean }
  | { kind: 'pending'; report: PendingReport }
  | { kind: 'usage'; usage: ResourceUsage }
  | { kind: 'exit'; at: Date; exit: SpoolExit }
  | { kind: 'unreadable'; detail: string };

export interface SpoolExit {
  code: number | null;
  signal: string | null;
  /** Which limit killed the run: its own memory limit or the memory of the machine. */
  outOfMemory: 'limit' | 'machine' | null;
  /** A process or thread could not be created because the run had reached its limit. */
  processLimitReached: boolean;
  peakMemoryBytes: number | null;
  /** The most that all processes used together; null if it is unknown. */
  peakGroupMemoryBytes: number | null;
  reason: { code: string; detail: string } | null;
  killedDescendants: number;
}

const maxWordLength = 64;
const maxDetailLength = 4096;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const encoder = new TextEncoder();

/**
 * Parses one record. The output of an attempt is hostile input: anything unexpected becomes `unreadable`,
 * which is noted in the log and never ends a run.
 */
export function parseSpoolRecord(text: string): SpoolRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', detail: 'not JSON' };
  }
  if (!isPlainObject(value)) return { kind: 'unreadable', detail: 'not an object' };
  const record = value;
  const at = readTime(record['at']);
  if (!at) return { kind: 'unreadable', detail: 'no time' };
  switch (record['kind']) {
    case 'started':
      return { kind: 'started', at };
    case 'log':
      return { kind: 'log', line: readUserLine(record, String(record['at'])) };
    case 'note':
      return {
        kind: 'log',
        line: runnerLine(readText(record['text']), String(record['at'])),
        repeatedLoad: readRepeatedLoad(record['repeated_load']),
        plainStart: readPlainStart(record['plain_start']),
      };
    case 'beacon':
      return readBeacon(record, at);
    case 'waiting':
      return { kind: 'waiting', at, isBegin: record['begun'] === true };
    case 'pending':
      return { kind: 'pending', report: readPendingReport(record) };
    case 'usage': {
      const usage = readResourceUsage(record);
      return usage ? { kind: 'usage', usage } : { kind: 'unreadable', detail: 'no timeline of resources' };
    }
    case 'exit':
      return { kind: 'exit', at, exit: readExit(record) };
    default:
      return { kind: 'unreadable', detail: 'unknown kind' };
  }
}

/**
 * Requires ISO 8601 with a zone and a four-digit year: the dlt client parses the text again, and Postgres
 * rejects years such as -271821.
 */
function readTime(value: unknown): Date | null {
  if (typeof value !== 'string' || !timePattern.test(value)) return null;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? null : time;
}

function readUserLine(record: Record<string, unknown>, at: string): UnnumberedLogLine {
  const stream = record['io'] === 'stderr' ? 'stderr' : 'stdout';
  return {
    content: readText(record['text']),
    source: 'user',
    stage: 'run',
    io_stream: stream,
    reported_at: at,
  };
}

function readBeacon(record: Record<string, unknown>, at: Date): SpoolRecord {
  const type = readWord(record['type'], maxWordLength);
  const encoded = record['body_base64'];
  if (typeof encoded === 'string') {
    return { kind: 'beacon', at, type, body: decodeBase64(encoded) };
  }
  return { kind: 'beacon', at, type, body: encoder.encode(readText(record['body'])) };
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function readExit(record: Record<string, unknown>): SpoolExit {
  return {
    code: readInteger(record['code']),
    signal: typeof record['signal'] === 'string' ? readWord(record['signal'], maxWordLength) : null,
    outOfMemory: readOutOfMemory(record['out_of_memory']),
    processLimitReached: record['process_limit_reached'] === true,
    peakMemoryBytes: readInteger(record['peak_memory_bytes']),
    peakGroupMemoryBytes: readInteger(record['peak_group_memory_bytes']),
    reason: readReason(record['reason']),
    killedDescendants: readInteger(record['killed_descendants']) ?? 0,
  };
}

function readOutOfMemory(value: unknown): SpoolExit['outOfMemory'] {
  return value === 'limit' || value === 'machine' ? value : null;
}

function readReason(value: unknown): SpoolExit['reason'] {
  if (!isPlainObject(value)) return null;
  return {
    code: readWord(value['code'], maxWordLength),
    detail: readWord(value['detail'], maxDetailLength),
  };
}

function readInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** Replaces unpaired surrogates, which the dlt client cannot print. */
function readText(value: unknown): string {
  return typeof value === 'string' ? value.toWellFormed() : '';
}

/**
 * Truncates a text for a column. Postgres rejects NUL and the unpaired surrogate that truncation can leave.
 */
function readWord(value: unknown, maxLength: number): string {
  return readText(value).slice(0, maxLength).replaceAll('\0', '\ufffd').toWellFormed();
}
