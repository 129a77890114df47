import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { requireFolder } from '../workspaces/workspace-folder.ts';
import { readChangedFiles, type ChangedFile, type ChangeCounts } from './changed-files.ts';
import { compareFolder, compareFolderTexts } from './compare-folder.ts';
import { findVersion, type Version, type VersionKind } from './find-version.ts';
import {
  formatChangedFiles,
  formatCounts,
  formatDifference,
  type FileDifference,
} from './format-differences.ts';

export interface DiffOptions {
  configuration?: boolean;
  files?: boolean;
  exitCode?: boolean;
}

/** Each file is a request; more texts than this are not read at once by anyone either. */
const maxTextFiles = 100;
const concurrentRequests = 8;

interface Difference {
  base: { id: string; version: number } | null;
  /** Null for the workspace folder. */
  target: { id: string; version: number } | null;
  counts: ChangeCounts;
  requirements_changed: boolean;
  files: readonly ChangedFile[];
  readTexts: () => Promise<FileDifference[]>;
}

/** Compares two versions, or a version with the folder. */
export async function diff(
  session: Session,
  from: string | undefined,
  to: string | undefined,
  options: DiffOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const kind = options.configuration ? 'configuration' : 'deployment';
  const { readTexts, ...compared } = await compare(session, kind, from, to);
  const texts = options.files ? null : await readTexts();
  session.show({ ...compared, files: texts ?? compared.files }, () => {
    const title = describeSides(kind, compared);
    if (compared.files.length === 0) return `${title}: no differences`;
    const list = formatChangedFiles(terminal, compared.files);
    const requirements = compared.requirements_changed ? 'The requirements differ\n' : '';
    const bodies = texts?.map((file) => `\n${formatDifference(terminal, file)}`) ?? [];
    return `${title}: ${formatCounts(compared.counts)}\n${list}${requirements}${bodies.join('')}`;
  });
  if (texts !== null && texts.length < compared.files.length) {
    terminal.note(
      `Only the first ${maxTextFiles} files are shown with their text. To list all: pumphouse diff --files`,
    );
  }
  return options.exitCode && compared.files.length > 0 ? exitCodes.runFailed : exitCodes.done;
}

async function compare(
  session: Session,
  kind: VersionKind,
  from: string | undefined,
  to: string | undefined,
): Promise<Difference> {
  if (from === 'folder') throw folderFirst();
  const base = await findVersion(session, kind, from);
  if ((from === undefined && to === undefined) || to === 'folder') {
    return compareWithFolder(session, kind, base);
  }
  return compareVersions(session, kind, base, await findVersion(session, kind, to));
}

async function compareWithFolder(session: Session, kind: VersionKind, base: Version): Promise<Difference> {
  const folder = requireFolder(session.folder, session.terminal.folder);
  const compared = await compareFolder(session, kind, folder.path, base);
  const shown = compared.files.slice(0, maxTextFiles);
  return {
    base: { id: base.id, version: base.version },
    target: null,
    counts: compared.counts,
    requirements_changed: false,
    files: compared.files,
    // Deployed settings are not sent to clients in a comparable form: secrets are masked.
    readTexts: async () =>
      kind === 'configuration' ? [] : compareFolderTexts(session, base, { ...compared, files: shown }),
  };
}

async function compareVersions(
  session: Session,
  kind: VersionKind,
  base: Version,
  target: Version,
): Promise<Difference> {
  if (base.id === target.id) return sameVersion(base);
  const compared = await readChangedFiles(session, kind, { base, target });
  const files = compared.files.slice(0, maxTextFiles);
  return {
    ...compared,
    readTexts: async () => {
      const texts: FileDifference[] = [];
      for (let start = 0; start < files.length; start += concurrentRequests) {
        const batch = files.slice(start, start + concurrentRequests);
        texts.push(...(await Promise.all(batch.map((file) => readText(session, kind, base, target, file)))));
      }
      return texts;
    },
  };
}

async function readText(
  { client }: Session,
  kind: VersionKind,
  base: Version,
  target: Version,
  { path, change }: ChangedFile,
): Promise<FileDifference> {
  const { workspace_id } = target;
  const query = { base_id: base.id, path };
  if (kind === 'deployment') {
    const params = { workspace_id, deployment_id: target.id };
    const { outcome, hunks } = await client.call('compare_deployment_file', { params, query });
    return { path, change, outcome, hunks };
  }
  const params = { workspace_id, configuration_id: target.id };
  const { outcome, settings } = await client.call('compare_configuration_file', { params, query });
  return { path, change, outcome, settings };
}

function sameVersion({ id, version, file_count }: Version): Difference {
  return {
    base: { id, version },
    target: { id, version },
    counts: { added: 0, removed: 0, changed: 0, unchanged: file_count },
    requirements_changed: false,
    files: [],
    readTexts: async () => [],
  };
}

function describeSides(kind: VersionKind, { base, target }: Pick<Difference, 'base' | 'target'>): string {
  const left = base ? `${kind} ${base.version}` : 'nothing';
  return `${left} -> ${target ? `${kind} ${target.version}` : 'folder'}`;
}

function folderFirst(): CommandError {
  return new CommandError('The folder can only be the second side of a comparison.', {
    code: 'invalid_version',
    exitCode: exitCodes.usage,
    nextStep: 'Run pumphouse diff VERSION folder.',
  });
}
