import { findOrganization } from '../organizations/find-organization.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { findWorker, type WorkerOptions } from './find-worker.ts';

/** Creates a worker. Only its token goes to standard output. */
export async function createWorker(session: Session, name: string, options: WorkerOptions): Promise<void> {
  const { id } = await findOrganization(session, options.organization);
  const created = await session.client.call('create_worker', {
    params: { organization_id: id },
    body: { name },
  });
  session.terminal.note(
    `Created worker ${name}. Its token is shown only here. On its machine: bin/pumphouse worker --server URL --token-file FILE`,
  );
  session.show(created, () => created.token);
}

const operations = {
  pause: ['pause_worker', 'takes no new runs'],
  resume: ['resume_worker', 'takes new runs'],
  drain: ['drain_worker', 'takes no new runs, and ends after its last one'],
} as const;

export async function changeWorker(
  session: Session,
  name: string,
  { action, ...options }: WorkerOptions & { action: keyof typeof operations },
): Promise<void> {
  const { params } = await findWorker(session, name, options);
  const [operation, effect] = operations[action];
  const changed = await session.client.call(operation, { params });
  report(session, changed, `${changed.name} ${effect}.`);
}

/** Replaces the token of a worker after a question. Only the new token goes to standard output. */
export async function replaceWorkerToken(
  session: Session,
  name: string,
  { yes = false, ...options }: WorkerOptions & { yes?: boolean },
): Promise<void> {
  const { worker, params } = await findWorker(session, name, options);
  const question = `Revoke the token of ${worker.name}? Its process ends, until you start it with the new token.`;
  await confirm(session.terminal, question, { isConfirmed: yes });
  const replaced = await session.client.call('replace_worker_token', { params });
  session.terminal.note(
    `Replaced the token of ${worker.name}. The new one is shown only here. Write it to the token file of the worker, and start it.`,
  );
  session.show(replaced, () => replaced.token);
}

/** Removes a worker after a question. */
export async function removeWorker(
  session: Session,
  name: string,
  { yes = false, ...options }: WorkerOptions & { yes?: boolean },
): Promise<void> {
  const { worker, params } = await findWorker(session, name, options);
  const active = worker.active_runs === 0 ? '' : ` Its ${worker.active_runs} active runs become unknown.`;
  await confirm(session.terminal, `Remove ${worker.name} and revoke its token?${active}`, {
    isConfirmed: yes,
  });
  await session.client.call('remove_worker', { params });
  report(session, worker, `Removed ${worker.name}.`);
}
