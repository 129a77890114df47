import { readAll } from '../paging/read-all.ts';
import { readAuthors } from '../people/authors.ts';
import type { Session } from '../session/session.ts';
import { formatBytes, formatRelative } from '../terminal/format.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import { parseCount } from '../terminal/parse-value.ts';
import { formatTable } from '../terminal/table.ts';
import { readVersions, type VersionKind } from './find-version.ts';

/** Lists the versions of the code or of the configuration. */
export async function listVersions(
  session: Session,
  kind: VersionKind,
  { limit }: { limit: string },
): Promise<void> {
  const { terminal } = session;
  const maxVersions = parseCount(limit);
  const [versions, authors] = await Promise.all([
    readAll(async (page) => ({ items: await readVersions(session, kind, page) }), maxVersions),
    readAuthors(session),
  ]);
  session.show(versions, () => {
    if (versions.length === 0) return `This workspace has no ${kind} yet. Create one: pumphouse deploy`;
    return formatTable(
      versions,
      [
        { title: 'VERSION', text: ({ version }) => String(version), isNumber: true },
        { title: 'CREATED', text: ({ created_at }) => formatRelative(created_at) },
        {
          title: 'MESSAGE',
          text: (version) => ('message' in version ? toOneLine(version.message ?? '') : ''),
          isProse: true,
        },
        { title: 'BY', text: ({ created_by }) => authors.get(created_by) ?? '', dropOrder: 1 },
        { title: 'FILES', text: ({ file_count }) => String(file_count), isNumber: true },
        {
          title: 'SIZE',
          text: ({ size_bytes }) => (kind === 'deployment' ? formatBytes(size_bytes) : ''),
          isNumber: true,
        },
        { title: 'PROFILES', text: (version) => ('profiles' in version ? version.profiles.join(', ') : '') },
        { title: 'ID', text: ({ id }) => id, dropOrder: 2 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}
