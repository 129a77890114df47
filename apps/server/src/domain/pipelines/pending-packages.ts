import { isPlainObject } from '../primitives/plain-object.ts';

/** How far dlt has come with a package. */
export const pendingSteps = ['extracted', 'normalized', 'partly_loaded'] as const;
export type PendingStep = (typeof pendingSteps)[number];

/** The rows of a table that are not loaded yet; null: unknown, as in binary files. */
export interface PendingRows {
  tableName: string;
  rows: number | null;
}

/** A load package that is still to be loaded, as a bootstrap found it. */
export interface ReportedPackage {
  pipelineName: string;
  loadId: string;
  schemaName: string | null;
  step: PendingStep;
  tableNames: string[];
  /** Of the jobs that are left. */
  rowCounts: PendingRows[];
  sizeBytes: number;
  jobsLeft: number;
  jobsDone: number;
  tries: number;
  createdAt: Date;
  /** The attempt that extracted it, if that is known. */
  attemptId: string | null;
}

export interface PackageName {
  pipelineName: string;
  loadId: string;
}

/** What a run did with a package that was pending. */
export interface EndedPackage extends PackageName {
  state: 'finished' | 'dropped';
}

/** What is pending in the local data of a workspace and profile at the end of an attempt. */
export interface PendingReport {
  packages: ReportedPackage[];
  ended: EndedPackage[];
  /** What attempts work on that still live; null from a bootstrap that does not report it. */
  busy: PackageName[] | null;
  /** Whether `packages` has all of them, except those of attempts that still run. */
  isComplete: boolean;
  /** Whether the server keeps the working folders: it knows what is pending, and `packages` is empty. */
  isStored: boolean;
}

/** Whether a report only states that nothing is pending, as most do. */
export function isEmptyReport({ packages, ended, isComplete, isStored }: PendingReport): boolean {
  return packages.length === 0 && ended.length === 0 && isComplete && !isStored;
}

/** What is kept of pending packages. */
export interface PendingLimits {
  /** Bytes for each workspace and profile. */
  maxBytes: number;
  maxDays: number;
}

export const defaultPendingLimits: PendingLimits = { maxBytes: 20 * 1024 ** 3, maxDays: 30 };

const maxPackages = 200;
const maxTables = 30;
const maxNameLength = 200;
const maxCount = 2_147_483_647;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the record of a bootstrap. User code wrote what it describes, so entries that make no sense are left out. */
export function readPendingReport(record: Record<string, unknown>): PendingReport {
  return {
    packages: readList(record['packages']).flatMap(readPackage),
    ended: readList(record['events']).flatMap(readEnded),
    busy: Array.isArray(record['busy']) ? readList(record['busy']).flatMap(readPackageName) : null,
    isComplete: record['is_complete'] === true,
    isStored: record['is_stored'] === true,
  };
}

function readList(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, maxPackages) : [];
}

function readPackage(value: unknown): ReportedPackage[] {
  if (!isPlainObject(value)) return [];
  const pipelineName = readName(value['pipeline']);
  const loadId = readName(value['load_id']);
  const step = pendingSteps.find((each) => each === value['step']);
  const createdAt = readTime(value['created_at']);
  if (pipelineName === null || loadId === null || !step || !createdAt) return [];
  const attempt = value['attempt'];
  return [
    {
      pipelineName,
      loadId,
      schemaName: readName(value['schema']),
      step,
      tableNames: readList(value['tables'])
        .flatMap((table) => readName(table) ?? [])
        .slice(0, maxTables),
      rowCounts: readRows(value['rows']),
      sizeBytes: readCount(value['bytes'], Number.MAX_SAFE_INTEGER),
      jobsLeft: readCount(value['jobs_left'], maxCount),
      jobsDone: readCount(value['jobs_done'], maxCount),
      tries: readCount(value['tries'], 1000),
      createdAt,
      attemptId: typeof attempt === 'string' && uuidPattern.test(attempt) ? attempt : null,
    },
  ];
}

function readEnded(value: unknown): EndedPackage[] {
  const state = isPlainObject(value) ? value['event'] : null;
  if (state !== 'finished' && state !== 'dropped') return [];
  return readPackageName(value).map((name) => ({ ...name, state }));
}

function readPackageName(value: unknown): PackageName[] {
  if (!isPlainObject(value)) return [];
  const pipelineName = readName(value['pipeline']);
  const loadId = readName(value['load_id']);
  return pipelineName === null || loadId === null ? [] : [{ pipelineName, loadId }];
}

function readRows(value: unknown): PendingRows[] {
  if (!isPlainObject(value)) return [];
  return Object.entries(value)
    .slice(0, maxTables)
    .flatMap(([table, rows]) => {
      const tableName = readName(table);
      if (tableName === null) return [];
      return [{ tableName, rows: rows === null ? null : readCount(rows, Number.MAX_SAFE_INTEGER) }];
    });
}

/** Postgres rejects NUL and unpaired surrogates. */
export function readName(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return value.slice(0, maxNameLength).replaceAll('\0', '\ufffd').toWellFormed();
}

export function readCount(value: unknown, atMost: number): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? Math.min(Math.max(Math.trunc(value), 0), atMost)
    : 0;
}

function readTime(seconds: unknown): Date | null {
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < 1e11)) return null;
  return new Date(seconds * 1000);
}
