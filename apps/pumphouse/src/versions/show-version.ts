import { readAuthors } from '../people/authors.ts';
import { locateConsolePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { formatDetails, type Detail } from '../terminal/details.ts';
import { formatBytes, formatInstant } from '../terminal/format.ts';
import { readChangedFiles } from './changed-files.ts';
import { findVersion, type Version, type VersionKind } from './find-version.ts';
import { formatChangedFiles, formatCounts } from './format-differences.ts';

const maxListedFiles = 20;

/** Shows a version, with the files that changed since the previous one. */
export async function showVersion(
  session: Session,
  kind: VersionKind,
  given: string | undefined,
): Promise<void> {
  const { terminal } = session;
  const version = await findVersion(session, kind, given);
  const [changes, authors, tags] = await Promise.all([
    readChangedFiles(session, kind, { target: version }),
    readAuthors(session),
    kind === 'deployment' ? readTags(session, version) : null,
  ]);
  const url = locateConsolePage(session.serverUrl, version.workspace_id, `${kind}s`, version.id);
  const data = { ...version, ...(tags && { tags: tags.tags }), changes, console_url: url };
  session.show(data, () => {
    const since = changes.base ? `since version ${changes.base.version}` : 'first version';
    const details: Detail[] = [
      ['Version', terminal.tone('strong', String(version.version))],
      ['Message', 'message' in version ? version.message : ''],
      ['Created', formatInstant(version.created_at)],
      ['By', authors.get(version.created_by)],
      ['Files', version.file_count],
      ['Size', kind === 'deployment' ? formatBytes(version.size_bytes) : ''],
      ['Profiles', 'profiles' in version ? version.profiles.join(', ') : ''],
      ['Tags', tags?.tags.join(', ')],
      ['Tags have no effect', tags?.problem],
      ['Requirements', changes.requirements_changed && changes.base ? 'changed' : ''],
      ['Changes', `${formatCounts(changes.counts)} (${since})`],
      ['Content hash', version.content_hash],
      ['Id', version.id],
      ['Console', url],
    ];
    const files = changes.files.slice(0, maxListedFiles);
    const more = changes.files.length - files.length;
    return [
      formatDetails(terminal, details),
      changes.base ? formatChangedFiles(terminal, files) : '',
      more > 0 && changes.base ? `  and ${more} more\n` : '',
    ].join('');
  });
}

async function readTags({ client }: Session, { workspace_id, id }: Version) {
  return client.call('get_deployment_tags', { params: { workspace_id, deployment_id: id } });
}
