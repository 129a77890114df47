/**
 * Checks uploaded archives. It takes seconds of CPU time, so it runs in threads; see `archive-threads.ts`.
 */
import type { ArchiveLimits, ArchiveReport } from '../../../archives/inspect-archive.ts';
import type { ConfigurationReport } from '../../../archives/configuration-archive.ts';
import type { DeploymentTags } from '../../../domain/jobs/deployment-tags.ts';
import type { RunSettings } from '../../../domain/jobs/job-settings.ts';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ArchiveTooLargeError } from '../../../archives/archive-error.ts';
import { boundExpansion } from '../../../archives/expansion.ts';
import { checkPackageSources } from './check-package-sources.ts';
import { convertOlderConfiguration } from '../../../archives/older-configuration.ts';
import { hashArchiveMembers } from '../../../archives/older-hash.ts';
import { completeSentRequirements, deriveSentRequirements } from './read-dependency-files.ts';
import { explainLargeArchive, exceedUploadLimit } from './explain-large-archive.ts';
import { inspectArchive } from '../../../archives/inspect-archive.ts';
import {
  inspectConfigurationArchive,
  readConfigurationFiles,
} from '../../../archives/configuration-archive.ts';
import { readRunSettings } from './read-run-settings.ts';
import { requireFewSecrets } from './limit-secrets.ts';
import { readUploadedTags } from './read-uploaded-tags.ts';

interface CheckedCode {
  report: ArchiveReport;
  tags: DeploymentTags;
}

export interface CheckedDeployment extends CheckedCode {
  /** Those that came with the code, with what the client has left out; null if they lack nothing. */
  completed: unknown;
}

export interface CheckedConfiguration {
  report: ConfigurationReport;
  runSettings: RunSettings;
}

/** Code from the older client. */
interface CheckedOlderDeployment extends CheckedCode {
  /** The hash by which the client recognizes what it sent. */
  clientHash: string;
  /** As in `CheckedDeployment`; if none came with the code, those that its files declare. */
  completed: unknown;
}

/** Configuration from the older client, converted to an archive of the current one. */
interface CheckedOlderConfiguration extends CheckedConfiguration {
  archive: Uint8Array;
  /** As in `CheckedOlderDeployment`. */
  clientHash: string;
}

export interface ArchiveResults {
  deployment: CheckedDeployment;
  'older-deployment': CheckedOlderDeployment;
  configuration: CheckedConfiguration;
  'older-configuration': CheckedOlderConfiguration;
  'cut-off': never;
}

export type ArchiveTask =
  | { kind: 'deployment'; path: string; limits: ArchiveLimits; requirements: unknown }
  /** Requirements are null if none came with the code. */
  | { kind: 'older-deployment'; path: string; limits: ArchiveLimits; requirements: unknown }
  | { kind: 'configuration'; archive: Uint8Array }
  | { kind: 'older-configuration'; archive: Uint8Array }
  /** A truncated code archive: the path contains only its first bytes, up to the upload limit. */
  | { kind: 'cut-off'; path: string; limits: ArchiveLimits; declaredBytes: number | null };

/** @throws ArchiveError or ServiceError that rejects the archive */
export async function checkArchive(task: ArchiveTask): Promise<ArchiveResults[ArchiveTask['kind']]> {
  if (task.kind === 'configuration') return checkConfiguration(Buffer.from(task.archive));
  if (task.kind === 'older-configuration') return checkOlderConfiguration(Buffer.from(task.archive));
  const { path, limits } = task;
  if (task.kind === 'older-deployment') return checkOlderDeployment(path, limits, task.requirements);
  if (task.kind === 'deployment') {
    const checked = await checkDeployment(path, limits);
    const { files } = checked.report;
    return { ...checked, completed: await completeSentRequirements({ path, files }, task.requirements) };
  }
  const { declaredBytes } = task;
  throw await explainLargeArchive(exceedUploadLimit(limits.maxBytes, declaredBytes), { path, ...limits });
}

async function checkDeployment(
  path: string,
  limits: ArchiveLimits,
  { requiresHashes = true } = {},
): Promise<CheckedCode> {
  const bounded = boundExpansion(limits, (await stat(path)).size);
  try {
    const report = await inspectArchive(createReadStream(path), bounded, { requiresHashes });
    await checkPackageSources(path, report.files);
    return { report, tags: await readUploadedTags(path, report.files) };
  } catch (error) {
    throw error instanceof ArchiveTooLargeError
      ? await explainLargeArchive(bounded.describe(error), { path, ...bounded })
      : error;
  }
}

async function checkOlderDeployment(
  path: string,
  limits: ArchiveLimits,
  sent: unknown,
): Promise<CheckedOlderDeployment> {
  const checked = await checkDeployment(path, limits, { requiresHashes: false });
  const { contentHash, files, listsHashes } = checked.report;
  const archive = { path, files };
  return {
    ...checked,
    clientHash: listsHashes ? contentHash : await hashArchiveMembers(path, `${path}.tar`),
    completed: await (sent === null
      ? deriveSentRequirements(archive)
      : completeSentRequirements(archive, sent)),
  };
}

async function checkOlderConfiguration(sent: Buffer): Promise<CheckedOlderConfiguration> {
  const { archive, clientHash } = await convertOlderConfiguration(sent);
  return { ...(await checkConfiguration(archive)), archive, clientHash };
}

async function checkConfiguration(archive: Buffer): Promise<CheckedConfiguration> {
  const report = await inspectConfigurationArchive(Readable.from([archive]));
  const files = await readConfigurationFiles(Readable.from([archive]));
  requireFewSecrets(files);
  return { report, runSettings: readRunSettings(files) };
}
