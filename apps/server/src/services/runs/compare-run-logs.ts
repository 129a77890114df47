import type { AttemptRecord, JobRunRecord } from '../../store/records.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { LogTail } from '../../domain/runs/compare-logs.ts';
import type { Persistence } from '../../store/store.ts';
import type { RunPair } from './compare-runs.ts';
import type { TextHunk } from '../../domain/versions/compare-texts.ts';
import { parseLogLine } from '../../domain/logs/log-line.ts';
import { compareLogs } from '../../domain/runs/compare-logs.ts';
import { createFindRunPair } from './compare-runs.ts';
import { createKeyedQueue } from '../../blobs/keyed-queue.ts';

export interface ComparedLog {
  run: JobRunRecord;
  lineCount: number;
  comparedLineCount: number;
  /** Retention has removed the log of an attempt. */
  isRemoved: boolean;
}

export interface LogComparison {
  base: ComparedLog | null;
  target: ComparedLog;
  /** Empty without a base. */
  hunks: TextHunk[];
}

export interface CompareRunLogsDependencies {
  persistence: Persistence<'attempts' | 'jobRuns'>;
  logFiles: LogFiles;
}

export type CompareRunLogs = ReturnType<typeof createCompareRunLogs>;

/** The cause of a failure is at the end of a log. Longer lines are not read by users in full. */
const most = { lines: 5000, lineCharacters: 500 };

/** Creates the use case that compares the logs of two runs of a job. */
export function createCompareRunLogs({ persistence, logFiles }: CompareRunLogsDependencies) {
  const { store } = persistence;
  const findPair = createFindRunPair(persistence);
  // A comparison may take a second of CPU time, so each workspace runs one at a time.
  const inTurn = createKeyedQueue();

  async function readTail(run: JobRunRecord): Promise<{ log: ComparedLog; tail: LogTail }> {
    const attempts = await store.attempts.listOfRun(run.id);
    const lineCount = attempts.reduce((sum, attempt) => sum + countLines(attempt), 0);
    const linesBefore = Math.max(0, lineCount - most.lines);
    const lines: string[] = [];
    let linesSoFar = 0;
    for (const attempt of attempts) {
      const fromLine = Math.max(0, linesBefore - linesSoFar);
      if (fromLine < countLines(attempt)) lines.push(...(await readLines(attempt, fromLine)));
      linesSoFar += countLines(attempt);
    }
    const isRemoved = attempts.some(({ logRemovedAt }) => logRemovedAt !== null);
    return {
      log: { run, lineCount, comparedLineCount: lines.length, isRemoved },
      tail: { linesBefore, lines },
    };
  }

  async function readLines(attempt: AttemptRecord, fromLine: number): Promise<string[]> {
    if (attempt.logRemovedAt) return ['The log was removed.'];
    const lines: string[] = [];
    for await (const piece of logFiles.read(attempt.id, { fromLine, toBytes: attempt.logBytes })) {
      for (const text of Buffer.from(piece).toString().split('\n'))
        if (text !== '') lines.push(cutLine(parseLogLine(text).content));
    }
    return lines;
  }

  async function compare(pair: RunPair): Promise<LogComparison> {
    const { base, target } = await findPair(pair);
    const after = await readTail(target);
    if (!base) return { base: null, target: after.log, hunks: [] };
    const before = await readTail(base);
    const hunks = await compareLogs(before.tail, after.tail);
    return { base: before.log, target: after.log, hunks };
  }

  /** @throws ServiceError not_found, invalid_request: the base is a run of another job */
  return function compareRunLogs(pair: RunPair): Promise<LogComparison> {
    return inTurn(pair.workspaceId, () => compare(pair));
  };
}

/** Counts lines as the log numbers them: a removed log is one line, which notes the removal. */
function countLines({ logRemovedAt, logLines }: AttemptRecord): number {
  return logRemovedAt ? 1 : logLines;
}

function cutLine(text: string): string {
  return text.length > most.lineCharacters ? `${text.slice(0, most.lineCharacters)}…` : text;
}
