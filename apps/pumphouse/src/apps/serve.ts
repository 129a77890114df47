import { setTimeout as sleep } from 'node:timers/promises';
import type { AppResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { prepareJob, startJob } from '../launch/launch.ts';
import { followRun } from '../logs/follow-log.ts';
import type { Session } from '../session/session.ts';
import { requireApp } from './find-app.ts';
import { visit } from './visit.ts';

export interface ServeOptions {
  follow?: boolean;
  browser: boolean;
  deploy: boolean;
  python?: string;
}

const pollMs = 1000;

/** Starts an app, waits until it answers, and opens it. An app that runs already is only opened. */
export async function serve(session: Session, name: string, options: ServeOptions): Promise<ExitCode> {
  const { terminal } = session;
  const job = await prepareJob(session, name, options);
  requireApp(job);
  const params = { workspace_id: job.workspace_id, job_id: job.id };
  const before = await session.client.call('get_app', { params });
  if (before.job_run) terminal.note(`${before.name} is ${before.state} already.`);
  const runId = before.job_run?.id ?? (await startJob(session, job, {})).id;
  const app = await waitForApp(session, params, runId);
  session.show(app, () => app.url);
  if (app.is_profile_fallback) {
    terminal.note(
      `It runs under the profile ${app.profile}, because the configuration has none called access.`,
    );
  }
  if (options.browser) {
    await visit(session, app.url, async () => {
      const { url } = await session.client.call('open_app', { params, body: {} });
      return url;
    });
  }
  if (!options.follow) return exitCodes.done;
  return followRun(session, { id: runId });
}

/**
 * Waits until the app answers requests.
 * @throws CommandError app_failed
 */
async function waitForApp(
  { client, terminal }: Session,
  params: { workspace_id: string; job_id: string },
  runId: string,
): Promise<AppResponse> {
  const startedAt = performance.now();
  for (let lastWait = ''; ;) {
    const app = await client.call('get_app', { params });
    if (app.state === 'ready') {
      terminal.redraw('');
      return app;
    }
    if (app.state === 'failed' || app.state === 'stopped') throw explainEnd(app, runId);
    const wait = app.job_run?.wait_reason ?? '';
    if (wait !== '' && wait !== lastWait) terminal.note(`${app.name} waits: ${wait}`);
    lastWait = wait;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    terminal.redraw(`Waiting for ${app.name} to answer (${seconds} s)`);
    await sleep(pollMs);
  }
}

function explainEnd({ name, failure, stop_reason }: AppResponse, runId: string): CommandError {
  return new CommandError(
    failure ? `${name} has failed: ${failure.detail}` : `${name} was stopped before it answered.`,
    {
      code: 'app_failed',
      exitCode: exitCodes.runFailed,
      nextStep: `Read its log: pumphouse logs ${failure?.job_run_id ?? runId}`,
      lines: stop_reason === null ? [] : [stop_reason],
    },
  );
}
