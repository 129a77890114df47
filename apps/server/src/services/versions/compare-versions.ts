import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ConfigurationRecord, DeploymentRecord, PackageFile } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { ChangeCounts, FileChange } from '../../domain/versions/compare-files.ts';
import type { Persistence } from '../../store/store.ts';
import type { SettingsComparison, SettingsFile } from '../../domain/versions/compare-settings.ts';
import type { TextHunk } from '../../domain/versions/compare-texts.ts';
import { isDeepStrictEqual } from 'node:util';
import { Readable } from 'node:stream';
import {
  holdsSecrets,
  resolveConfigurationFile,
  readConfigurationFiles,
} from '../../archives/configuration-archive.ts';
import { compareFiles, countChanges } from '../../domain/versions/compare-files.ts';
import { compareSettings } from '../../domain/versions/compare-settings.ts';
import { compareTexts } from '../../domain/versions/compare-texts.ts';
import { createKeyedQueue } from '../../blobs/keyed-queue.ts';
import { createConfigurationArchives, requireArchive } from './version-archives.ts';
import { readArchiveFile } from '../../archives/read-archive-file.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface CompareVersionsDependencies {
  persistence: Persistence<'configurations' | 'deployments'>;
  blobs: BlobStore;
  encryption: Encryption;
}

/** The version to compare, and its base; if `baseId` is null, the previous version. */
export interface VersionPair {
  workspaceId: string;
  targetId: string;
  baseId: string | null;
}

export interface FilesComparison<Row> {
  base: Row | null;
  target: Row;
  counts: ChangeCounts;
  files: FileChange[];
}

export interface CodeFileComparison {
  base: DeploymentRecord | null;
  target: DeploymentRecord;
  file: FileChange;
  outcome: 'compared' | 'binary' | 'too_large' | 'link';
  hunks: TextHunk[];
}

export interface ConfigurationFileComparison {
  base: ConfigurationRecord | null;
  target: ConfigurationRecord;
  file: FileChange;
  comparison: SettingsComparison;
}

export type CompareVersions = ReturnType<typeof createCompareVersions>;

/** Users do not read larger files line by line. */
const maxTextBytes = 512 * 1024;

/** Creates the use cases that compare two versions of a workspace's code or configuration. */
export function createCompareVersions({ persistence, blobs, encryption }: CompareVersionsDependencies) {
  const { store } = persistence;
  const configurationArchives = createConfigurationArchives(blobs, encryption);
  // Finding a file may require unpacking a whole archive, so each workspace reads one at a time.
  const inTurn = createKeyedQueue();
  const deployments = createFilesComparing<DeploymentRecord>(store.deployments, 'deployment');
  const configurations = createFilesComparing<ConfigurationRecord>(store.configurations, 'configuration');

  /** Reads the text of one side of a change; null if it is not UTF-8 text. */
  async function readText(deployment: DeploymentRecord | null, path: string, isThere: boolean) {
    if (!deployment || !isThere) return '';
    requireArchive(deployment);
    const source = await blobs.openRead(deployment.archiveKey);
    return decodeText(await readArchiveFile(source, path, maxTextBytes));
  }

  async function compareContents(
    base: DeploymentRecord | null,
    target: DeploymentRecord,
    { path, change, before, after }: FileChange,
  ): Promise<Pick<CodeFileComparison, 'outcome' | 'hunks'>> {
    const sides = [before, after].filter((side) => side !== null);
    if (sides.some((side) => side.linkname !== undefined)) return { outcome: 'link', hunks: [] };
    if (sides.some((side) => side.size_bytes > maxTextBytes)) return { outcome: 'too_large', hunks: [] };
    if (change === 'unchanged') return { outcome: 'compared', hunks: [] };
    const old = await readText(base, path, before !== null);
    const fresh = await readText(target, path, after !== null);
    if (old === null || fresh === null) return { outcome: 'binary', hunks: [] };
    return { outcome: 'compared', hunks: await compareTexts(old, fresh) };
  }

  async function readSettingsFile(
    configuration: ConfigurationRecord | null,
    path: string,
  ): Promise<SettingsFile | null> {
    if (!configuration) return null;
    const archive = await configurationArchives.open(configuration);
    const name = resolveConfigurationFile(path);
    const file = (await readConfigurationFiles(Readable.from([archive]))).find((one) => one.name === name);
    return file ? { text: file.text, holdsSecrets: holdsSecrets(path) } : null;
  }

  return {
    deployments: async (pair: VersionPair) => {
      const compared = await deployments.compare(pair);
      const { base, target } = compared;
      const requirementsChanged = !isDeepStrictEqual(base?.requirements, target.requirements);
      return { ...compared, requirementsChanged };
    },

    configurations: configurations.compare,

    async deploymentFile(pair: VersionPair, path: string): Promise<CodeFileComparison> {
      const { base, target, file } = await deployments.find(pair, path);
      const contents = await inTurn(pair.workspaceId, () => compareContents(base, target, file));
      return { base, target, file, ...contents };
    },

    /** Values that may be secret are masked, and file texts are never returned; see `compareSettings`. */
    async configurationFile(pair: VersionPair, path: string): Promise<ConfigurationFileComparison> {
      const { base, target, file } = await configurations.find(pair, path);
      const before = file.before ? await readSettingsFile(base, path) : null;
      const after = file.after ? await readSettingsFile(target, path) : null;
      return { base, target, file, comparison: compareSettings(before, after) };
    },
  };
}

interface VersionStore<Row> {
  get(workspaceId: string, id: string): Promise<Row | undefined>;
  before(workspaceId: string, version: number): Promise<Row | undefined>;
  files(workspaceId: string, id: string): Promise<PackageFile[] | undefined>;
}

function createFilesComparing<Row extends { id: string; version: number }>(
  versions: VersionStore<Row>,
  kind: string,
) {
  async function get(workspaceId: string, id: string): Promise<Row> {
    const row = await versions.get(workspaceId, id);
    if (!row) throw new ServiceError('not_found', `There is no ${kind} ${id}.`);
    return row;
  }

  async function filesOf(workspaceId: string, row: Row | null): Promise<PackageFile[]> {
    return row ? ((await versions.files(workspaceId, row.id)) ?? []) : [];
  }

  async function compare({ workspaceId, targetId, baseId }: VersionPair): Promise<FilesComparison<Row>> {
    const target = await get(workspaceId, targetId);
    const base =
      baseId === null
        ? ((await versions.before(workspaceId, target.version)) ?? null)
        : await get(workspaceId, baseId);
    const files = compareFiles(await filesOf(workspaceId, base), await filesOf(workspaceId, target));
    return { base, target, counts: countChanges(files), files };
  }

  return {
    compare,
    async find(pair: VersionPair, path: string) {
      const { base, target, files } = await compare(pair);
      const file = files.find((one) => one.path === path);
      if (!file) throw new ServiceError('not_found', `Neither ${kind} has a file of this path.`);
      return { base, target, file };
    },
  };
}

function decodeText(content: Buffer): string | null {
  if (content.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}
