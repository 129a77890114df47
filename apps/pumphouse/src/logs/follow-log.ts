import type { LogLineExcerpt, RunOverviewDetailResponse } from '@pumphouse/contract';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { annotateFailure } from '../runs/annotate-failure.ts';
import { nameRun, shortenJobRef } from '../runs/job-name.ts';
import { formatJson, toOneLine } from '../terminal/plain-text.ts';
import { readFailure } from '../runs/read-failure.ts';
import { formatReasonBox } from '../runs/reason-box.ts';
import { describeEnd } from '../runs/run-outcome.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatLine } from './format-line.ts';
import { createLineFilter, type LineFilter } from './line-filter.ts';
import { watchRun } from './watch-run.ts';

/** How a run is followed. */
export interface FollowOptions extends LineFilter {
  /** The first line to show, from 0; negative numbers count from the end. */
  fromLine?: number;
  timestamps?: boolean | undefined;
  /** Only waits for the end. */
  hidesLines?: boolean;
}

/**
 * Follows a run to its end: prints why it waits, each line of its log as it is written, why it failed, and how
 * it ended. After a lost connection it goes on at the next line. Ctrl-C leaves the run running.
 * @param run its id is enough; all else is read
 * @returns 0 for a completed run, 1 for any other end, 130 after Ctrl-C
 */
export async function followRun(
  session: Session,
  run: { id: string },
  options: FollowOptions = {},
): Promise<ExitCode> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  // Only the first: a second Ctrl-C ends the command at once.
  process.once('SIGINT', onInterrupt);
  const printer = createPrinter(session, options);
  try {
    const updates = watchRun(session, {
      jobRunId: run.id,
      fromLine: options.fromLine ?? 0,
      signal: interrupt.signal,
    });
    for await (const update of updates) {
      if (update.kind === 'run') printer.printState(update.run);
      else printer.printLines(update.lines);
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    printer.printDetached(run.id);
    return exitCodes.interrupted;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
  const ended = printer.lastRun();
  // Without its lines, the run is the data.
  if (options.hidesLines && session.isJson && ended) session.show(ended, () => '');
  return printEnd(session, ended);
}

/** Prints a run while it is followed, and remembers what it has printed. */
function createPrinter(session: Session, options: FollowOptions) {
  const { terminal } = session;
  const isShown = createLineFilter(options);
  const waits = new Set<string>();
  let last: RunOverviewDetailResponse | undefined;
  let lastState = '';

  function printLine(line: LogLineExcerpt): void {
    // The log has the reasons of waits too, which were printed when they began.
    if (line.source === 'runner' && waits.has(line.content)) return;
    if (isShown(line))
      terminal.print(session.isJson ? formatJson(line) : formatLine(terminal, line, options));
  }

  return {
    lastRun: () => last,

    printState(run: RunOverviewDetailResponse): void {
      last = run;
      if (run.waiting !== null) waits.add(run.waiting.reason);
      const state = describeState(run);
      if (state === lastState) return;
      lastState = state;
      if (state !== '') terminal.note(terminal.tone('quiet', state));
    },

    printLines(lines: readonly LogLineExcerpt[]): void {
      if (options.hidesLines) return;
      for (const line of lines) printLine(line);
    },

    printDetached(id: string): void {
      const named = last === undefined ? id : `${shortenJobRef(last.job_ref)} ${last.number}`;
      terminal.alert(
        `\nDetached; ${last === undefined ? 'the run' : nameRun(last)} continues.\n` +
          `Follow it again: pumphouse logs ${named} -f\nCancel it:       pumphouse run cancel ${named}`,
      );
    },
  };
}

/** What a user should know while a run does not print lines; empty if it runs. */
function describeState({ waiting, unknown, status }: RunOverviewDetailResponse): string {
  if (unknown !== null) return `Unknown: ${unknown.detail}`;
  if (waiting !== null) {
    const until = waiting.until === null ? '' : ` (${formatRelative(waiting.until)})`;
    return `Waiting: ${toOneLine(waiting.reason)}${until}`;
  }
  return status === 'cancelling' ? 'Cancelling: the run has been told to end.' : '';
}

/** Prints why a run failed and how it ended. */
async function printEnd(session: Session, run: RunOverviewDetailResponse | undefined): Promise<ExitCode> {
  // A watch reports the run before its end.
  if (run === undefined) return exitCodes.runFailed;
  const { terminal } = session;
  if (run.status === 'completed') {
    terminal.note(terminal.tone('good', `✓ ${nameRun(run)} ${describeEnd(run)}`));
    return exitCodes.done;
  }
  await printFailure(session, run);
  const tone = run.status === 'failed' ? 'bad' : 'warning';
  terminal.alert(
    terminal.tone(tone, `${run.status === 'failed' ? '✕' : '•'} ${nameRun(run)} ${describeEnd(run)}`),
  );
  return exitCodes.runFailed;
}

/** Prints the reason box of a failed run, and an annotation in GitHub Actions. */
export async function printFailure(
  session: Session,
  run: Pick<RunOverviewDetailResponse, 'id' | 'status' | 'job_ref' | 'number'>,
): Promise<void> {
  if (run.status !== 'failed') return;
  const { client, terminal } = session;
  const params = { workspace_id: await session.workspaceId(), job_run_id: run.id };
  const failure = await readFailure(session, await client.call('get_job_run_life', { params }));
  if (failure === null) return;
  terminal.alert(formatReasonBox(failure, terminal));
  annotateFailure(session, nameRun(run), failure.reason);
}
