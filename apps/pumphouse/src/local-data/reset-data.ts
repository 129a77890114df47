import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { formatBytes } from '../terminal/format.ts';
import { describeCopy, readData } from './list-data.ts';

export interface ResetDataOptions {
  profile: string;
  undo?: boolean;
  yes?: boolean;
}

/** Resets the local data of a profile, or undoes that. */
export async function resetData(
  session: Session,
  { profile, undo = false, yes = false }: ResetDataOptions,
): Promise<void> {
  const params = { workspace_id: await session.workspaceId() };
  if (undo) {
    const restored = await session.client.call('restore_local_data', { params, body: { profile } });
    const notes = restored.copy === null ? [] : [describeCopy(restored.copy)];
    report(
      session,
      restored,
      [`Restored ${describeSize(restored.restored)} of ${profile}.`, ...notes].join('\n'),
    );
    return;
  }
  const found = (await readData(session)).profiles.find((each) => each.profile === profile);
  if (!found)
    throw new CommandError(`Runs under the profile ${profile} have kept no files.`, {
      code: 'nothing_to_reset',
      exitCode: exitCodes.notFound,
      nextStep: 'pumphouse data list shows the files of all profiles.',
    });
  const question = `Remove ${describeSize(found)} of the profile ${profile}? A copy is kept for a day.`;
  await confirm(session.terminal, question, { isConfirmed: yes });
  const reset = await session.client.call('reset_local_data', { params, body: { profile } });
  const { packages } = await session.client.call('list_pending_packages', {
    params,
    query: { only_pending: true },
  });
  const pending = packages.filter((each) => each.profile === profile).length;
  const notes = [
    ...(reset.copy === null ? [] : [describeCopy(reset.copy)]),
    'Jobs go on after their last completed run. To load all data again: pumphouse launch <job> --refresh',
    ...(pending === 0
      ? []
      : [
          `${pending} pending load packages are kept, and the next runs load them: pumphouse pipeline pending`,
        ]),
  ];
  report(session, reset, [`Removed ${describeSize(found)} of ${profile}.`, ...notes].join('\n'));
}

function describeSize({ file_count: count, size_bytes: bytes }: SizedFiles): string {
  return count === null ? 'the files' : `${count} ${count === 1 ? 'file' : 'files'} (${formatBytes(bytes)})`;
}

interface SizedFiles {
  file_count: number | null;
  size_bytes: number | null;
}
