import type { ConfigurationResponse, DeploymentResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { readChangedFiles } from './changed-files.ts';
import { findVersion, type Version, type VersionKind } from './find-version.ts';
import { formatChangedFiles, formatCounts } from './format-differences.ts';

export interface RollbackOptions {
  configuration?: boolean;
  yes?: boolean;
}

const maxListedFiles = 10;

/** Creates a new version with the content of an older one, after showing what that changes. */
export async function rollBack(
  session: Session,
  given: string | undefined,
  { configuration, yes = false }: RollbackOptions,
): Promise<void> {
  const { terminal } = session;
  const kind = configuration ? 'configuration' : 'deployment';
  const latest = await findVersion(session, kind);
  const older = await findVersion(session, kind, given ?? String(previousOf(latest, kind)));
  const changes = await readChangedFiles(session, kind, { base: latest, target: older });
  if (older.id !== latest.id) {
    terminal.note(
      `${kind} ${latest.version} -> content of ${older.version}: ${formatCounts(changes.counts)}`,
    );
    terminal.note(formatChangedFiles(terminal, changes.files.slice(0, maxListedFiles)));
    const more = changes.files.length - maxListedFiles;
    if (more > 0) terminal.note(`  and ${more} more`);
  }
  await confirm(terminal, `Deploy the content of ${kind} ${older.version} as a new version?`, {
    isConfirmed: yes,
  });
  const created = await send(session, kind, older);
  report(
    session,
    created,
    `${kind} ${created.version} has the content of ${older.version}. Future runs use it; active runs keep theirs.`,
  );
  if (kind === 'deployment') {
    terminal.note(
      'Job definitions (triggers, timeouts, the list of jobs) did not change. To restore them too, deploy the old code.',
    );
  }
}

function send(
  { client }: Session,
  kind: VersionKind,
  { workspace_id, id }: Version,
): Promise<DeploymentResponse | ConfigurationResponse> {
  return kind === 'deployment'
    ? client.call('roll_back_deployment', { params: { workspace_id, deployment_id: id } })
    : client.call('roll_back_configuration', { params: { workspace_id, configuration_id: id } });
}

/** @throws CommandError no_older_version */
function previousOf({ version }: Version, kind: VersionKind): number {
  if (version > 1) return version - 1;
  throw new CommandError(`${kind} 1 is the only version.`, {
    code: 'no_older_version',
    exitCode: exitCodes.notFound,
    nextStep: 'There is nothing to roll back to.',
  });
}
