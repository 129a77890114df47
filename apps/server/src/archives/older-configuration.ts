/** Configuration archives of the older client (`dlt runtime`), which sends more files than a run reads. */
import { Readable } from 'node:stream';
import { consume, createInspection } from './inspect-archive.ts';
import type { InspectedArchive } from './inspect-archive.ts';
import { CONFIGURATION_LIMITS, isLocalConfiguration } from './configuration-archive.ts';
import { hashMembers } from './older-hash.ts';
import { packConfiguration } from './pack-configuration.ts';

interface OlderConfiguration {
  /** Without the files that stay on the user's machine, and with a manifest that lists hashes. */
  archive: Buffer;
  /** The hash by which the client recognizes what it sent. */
  clientHash: string;
}

const rules = {
  checkPath: () => undefined,
  allowsLinks: false,
  keepsContents: true,
  requiresHashes: false,
};

/**
 * Converts an archive of the older client to one of the current client. It leaves out files in subfolders,
 * which dlt never reads, and files of the profiles `dev` and `tests`.
 * @throws ArchiveError
 */
export async function convertOlderConfiguration(archive: Buffer): Promise<OlderConfiguration> {
  const read = await consume(
    Readable.from([archive]),
    createInspection(CONFIGURATION_LIMITS, rules, (inspected) => inspected),
  );
  const files = read.report.files
    .filter(({ relative_path: path }) => !path.includes('/') && !isLocalConfiguration(path))
    .map(({ relative_path: name }) => ({ name, content: contentOf(read, name) }));
  return { archive: await packConfiguration(files), clientHash: await hashAsClient(read) };
}

function hashAsClient({ report, contents }: InspectedArchive): Promise<string> | string {
  if (report.listsHashes) return report.contentHash;
  return hashMembers([...contents].map(([path, content]) => ({ name: `files/${path}`, content: [content] })));
}

function contentOf({ contents }: InspectedArchive, path: string): Buffer {
  return contents.get(path) ?? Buffer.alloc(0);
}
