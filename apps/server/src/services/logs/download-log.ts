import type { OpenRunLog, RunLog } from './open-run-log.ts';
import type { Persistence } from '../../store/store.ts';
import { contentWithoutSource, parseLogLine } from '../../domain/logs/log-line.ts';

/** A log as a file. */
export interface LogText {
  /** `<job>-<number>.log`, with characters that any file system accepts. */
  fileName: string;
  /** Read in parts, at the speed of the consumer. */
  text: AsyncGenerator<string>;
}

export type DownloadLog = ReturnType<typeof createDownloadLog>;

/** Creates the use case that returns the log of a run as text; for an active run, the log so far. */
export function createDownloadLog({ store }: Persistence<'jobs'>, openRunLog: OpenRunLog) {
  return async function downloadLog(
    workspaceId: string,
    jobRunId: string,
    { withTimes }: { withTimes: boolean },
  ): Promise<LogText> {
    const log = await openRunLog(workspaceId, jobRunId);
    const job = await store.jobs.find(log.run.jobId);
    return {
      fileName: `${nameOf(job?.jobRef ?? 'job')}-${log.run.number}.log`,
      text: toText(log, withTimes),
    };
  };
}

async function* toText(log: RunLog, withTimes: boolean): AsyncGenerator<string> {
  for await (const { lines } of log.read(0)) {
    yield lines
      .map((json) => {
        const line = parseLogLine(json);
        const content = contentWithoutSource(line);
        return withTimes ? `${line.reported_at} ${content}\n` : `${content}\n`;
      })
      .join('');
  }
}

/** Returns the last part of a job's ref, such as `load_orders` for `jobs.shop.load_orders`. */
function nameOf(jobRef: string): string {
  const name = jobRef.split('.').at(-1) ?? '';
  return name.replaceAll(/[^\w-]+/g, '_').slice(0, 100) || 'job';
}
