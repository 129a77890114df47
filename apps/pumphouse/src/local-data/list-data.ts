import type { LocalDataCopyResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { formatBytes, formatInstant, formatRelative } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import { toOneLine } from '../terminal/plain-text.ts';

/** Lists the files of local data, and what a reset can be undone with. */
export async function listData(session: Session, { profile }: { profile?: string }): Promise<void> {
  const data = await readData(session);
  const isWanted = (each: { profile: string }) => profile === undefined || each.profile === profile;
  const profiles = data.profiles.filter(isWanted);
  const copies = data.copies.filter(isWanted);
  const files = profiles.flatMap((each) => each.files.map((file) => ({ ...file, profile: each.profile })));
  const notes = [
    ...profiles
      .filter((each) => each.files.length < each.file_count)
      .map(
        (each) => `${each.profile} has ${each.file_count} files; the first ${each.files.length} are shown.`,
      ),
    ...copies.map(describeCopy),
    ...(data.distant_workers.length === 0
      ? []
      : [
          `Runs on ${data.distant_workers.join(', ')} keep their files on the disk of that worker, which this command does not reach.`,
        ]),
  ];
  session.show({ ...data, profiles, copies }, () =>
    [
      formatList(session.terminal, files, {
        empty: 'Runs have kept no files.',
        columns: [
          { title: 'PROFILE', text: (file) => file.profile },
          { title: 'FILE', text: ({ path }) => toOneLine(path) },
          { title: 'SIZE', text: ({ size_bytes: bytes }) => formatBytes(bytes), isNumber: true },
          { title: 'CHANGED', text: ({ changed_at: at }) => formatRelative(at) },
        ],
      }),
      ...notes,
    ].join('\n'),
  );
}

export async function readData(session: Session) {
  return session.client.call('list_local_data', { params: { workspace_id: await session.workspaceId() } });
}

/** Says how long a reset can be undone. */
export function describeCopy(copy: LocalDataCopyResponse): string {
  const size =
    copy.file_count === null ? 'unknown size' : `${copy.file_count} files, ${formatBytes(copy.size_bytes)}`;
  return `A copy of ${copy.profile} (${size}) is kept until ${formatInstant(copy.kept_until)}: pumphouse data reset --undo --profile ${copy.profile}`;
}
