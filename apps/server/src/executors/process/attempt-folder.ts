/**
 * The folder of an attempt: its files, who writes them, and how to read them safely when their owner is
 * hostile.
 */
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ExitDetails } from '../contract/attempt-runner.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { readExitRecord } from '../exit-record.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import { isSafeName } from '../safe-name.ts';

/**
 * `attempt.json`: written before the process starts, so that an attempt without a stored handle can be found.
 */
const attemptRecordSchema = z.object({
  version: z.literal(1),
  attemptId: z.string(),
  jobRunId: z.string(),
  installationId: z.string(),
  hostName: z.string(),
  machineId: z.string(),
  bootId: z.string(),
  pidNamespace: z.string(),
  /** Folders of the attempt's control group. */
  controlGroup: z.array(z.string()).default([]),
});
export type AttemptRecord = z.infer<typeof attemptRecordSchema>;

/** `process.json`, written by the bootstrap. */
const processRecordSchema = z.object({
  pid: z.int().positive(),
  start_time: z.coerce.number(),
  boot_id: z.string(),
  /** The bootstrap of the previous release does not write these two. */
  pid_namespace: z.string().optional(),
  machine_id: z.string().optional(),
});
export type ProcessRecord = z.infer<typeof processRecordSchema>;

/** `forked.json`, written by the bootstrap of a forked run: the first process of the run's namespace. */
const forkedRecordSchema = z.object({ pid: z.int().positive(), start_time: z.number() });
export type ForkedRecord = z.infer<typeof forkedRecordSchema>;

/** `start.json`: read once by the bootstrap (docs/contribute/attempt-protocol.md). */
export interface StartFile {
  attempt_id: string;
  claim_number: number;
  attempts_url: string;
  attempts_socket?: string;
  secret: string;
  folder: string;
  work_folder: string;
  inside_work_folder: string;
  bootstrap_inside: string;
  inside_python: string;
  environment: string;
  local_data: { path: string; source: string; mounted: boolean; written_as: string } | null;
  sandbox: string[];
  drop_to: { uid: number; gid: number } | null;
  control_groups: { memory: string | null; pids: string | null } | null;
  join_groups?: string[];
  network?: { pasta: string[]; ports: number[]; door: boolean } | null;
  /** The template from which user code may be forked, and what a forked run gets; null for a cold start. */
  template?: {
    folder: string;
    join_files: string[];
    mounts: { source: string; target: string }[];
  } | null;
}

/** The exit record is the last line and never longer than this. */
const SPOOL_TAIL_BYTES = 1024 * 1024;

export interface AttemptFolder {
  path: string;
  attemptFile: string;
  startFile: string;
  processFile: string;
  forkedFile: string;
  /** The address of the attempt routes, if it differs from the one in `start.json`. */
  redirectFile: string;
  bootstrapLog: string;
  spool: string;
  passwdFile: string;
  groupFile: string;
  /** Only for attempts with a network of their own. */
  resolverFile: string;
  /** Only for attempts with a copy of local data. */
  localDataCopy: string;
  workRoot: string;
}

export function locateAttemptsFolder(dataDir: string): string {
  return join(dataDir, 'attempts');
}

/** Paths of an attempt's folder. Creates nothing. */
export function locateAttemptFolder(dataDir: string, attemptId: string): AttemptFolder {
  const path = join(locateAttemptsFolder(dataDir), attemptId);
  return {
    path,
    attemptFile: join(path, 'attempt.json'),
    startFile: join(path, 'start.json'),
    processFile: join(path, 'process.json'),
    forkedFile: join(path, 'forked.json'),
    redirectFile: join(path, 'redirect'),
    bootstrapLog: join(path, 'bootstrap.log'),
    spool: join(path, 'spool'),
    passwdFile: join(path, 'passwd'),
    groupFile: join(path, 'group'),
    resolverFile: join(path, 'resolv.conf'),
    localDataCopy: join(path, 'local-data'),
    workRoot: join(path, 'work'),
  };
}

/** Names of attempt folders; names that no attempt can have are skipped. */
export async function listAttemptIds(dataDir: string): Promise<string[]> {
  const names = await readdir(locateAttemptsFolder(dataDir)).catch(() => []);
  return names.filter(isSafeName);
}

/** Creates a folder that other users may enter but not list. */
export async function createPassageFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
}

/**
 * Removes an attempt's folder if it exists. The record goes last: if the removal is interrupted, or a dying
 * process still creates files, the attempt stays listed and is removed again.
 */
export async function removeAttemptFolder(folder: AttemptFolder, faultPoints: FaultPoints): Promise<void> {
  const names = await readdir(folder.path).catch(nothingWhereMissing);
  for (const path of names.map((name) => join(folder.path, name))) {
    if (path !== folder.attemptFile) await rm(path, { recursive: true, force: true });
  }
  await faultPoints.reach('in-attempt-removal');
  await rm(folder.path, { recursive: true, force: true });
}

function nothingWhereMissing(error: unknown): string[] {
  if (isErrorCode(error, 'ENOENT')) return [];
  throw error;
}

export async function readAttemptRecord(folder: AttemptFolder): Promise<AttemptRecord | null> {
  return parseJson(attemptRecordSchema, await readFile(folder.attemptFile, 'utf8').catch(() => ''));
}

/** The bootstrap's process record; null until it is completely written. */
export async function readProcessRecord(folder: AttemptFolder): Promise<ProcessRecord | null> {
  return parseJson(processRecordSchema, await readFile(folder.processFile, 'utf8').catch(() => ''));
}

/** Null for an attempt that was not forked. */
export async function readForkedRecord(folder: AttemptFolder): Promise<ForkedRecord | null> {
  return parseJson(forkedRecordSchema, await readFile(folder.forkedFile, 'utf8').catch(() => ''));
}

/** The exit record at the end of the spool, or null if the spool does not end with one. */
export async function readExitDetails(folder: AttemptFolder): Promise<ExitDetails | null> {
  const tail = await readRegularFile(folder.spool, { fromEnd: SPOOL_TAIL_BYTES });
  return tail === null ? null : readExitRecord(tail);
}

export type FileRange = { offset: number; maxBytes: number } | { fromEnd: number };

/**
 * Reads a bounded range of a file that a run may have created. It follows no link and reads only regular
 * files, because opening a pipe or a device could block or have side effects. Null if there is no such file.
 */
export async function readRegularFile(path: string, range: FileRange): Promise<Uint8Array | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return null;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return null;
    const start = 'fromEnd' in range ? Math.max(0, stat.size - range.fromEnd) : range.offset;
    const wanted = 'fromEnd' in range ? range.fromEnd : range.maxBytes;
    const length = Math.max(0, Math.min(wanted, stat.size - start));
    const buffer = new Uint8Array(length);
    const { bytesRead } = length === 0 ? { bytesRead: 0 } : await file.read(buffer, 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function parseJson<Value>(schema: z.ZodType<Value>, text: string): Value | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
