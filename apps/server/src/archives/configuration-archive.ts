/** Archives of `.dlt/*.toml`: flat, small, and with secrets in plain text. */
import type { Readable } from 'node:stream';
import { ArchiveError, quoteName } from './archive-error.ts';
import { consume, createInspection } from './inspect-archive.ts';
import type { ArchiveInspection, ArchiveLimits, ArchiveReport, InspectedArchive } from './inspect-archive.ts';

export interface ConfigurationReport extends ArchiveReport {
  /** Profiles with their own files, sorted. */
  profiles: string[];
}

/** One configuration file, under the name that dlt reads. */
export interface ConfigurationFile {
  name: string;
  text: string;
}

/** Configuration is read into memory as a whole; users write it by hand. */
export const CONFIGURATION_LIMITS: ArchiveLimits = {
  maxBytes: 4 * 1024 * 1024,
  maxUnpackedBytes: 4 * 1024 * 1024,
  maxEntries: 500,
  maxManifestBytes: 256 * 1024,
};

/** `prod.config.toml`, the naming that dlt reads. */
const PROFILE_FIRST = /^(?<profile>.+)\.(?<kind>config|secrets)\.toml$/;
/** `config.prod.toml`, which some docs show but dlt never reads. */
const PROFILE_LAST = /^(?<kind>config|secrets)\.(?<profile>.+)\.toml$/;
/** dlt keeps the files of these two on the developer's machine. */
const LOCAL_PROFILES = new Set(['dev', 'tests']);

/**
 * Creates a streaming check of a configuration archive, by the same rules as `inspectConfigurationArchive`.
 */
export function createConfigurationInspection(
  limits: ArchiveLimits = CONFIGURATION_LIMITS,
): ArchiveInspection<ConfigurationReport> {
  return createInspection(limits, configurationRules, describeConfiguration);
}

/**
 * Checks a configuration archive: flat names that end in `config.toml` or `secrets.toml` (or have their
 * profile last), no files of the local profiles `dev` and `tests`, no links, UTF-8. Throws `ArchiveError`.
 */
export function inspectConfigurationArchive(
  source: Readable,
  limits: ArchiveLimits = CONFIGURATION_LIMITS,
): Promise<ConfigurationReport> {
  return consume(source, createConfigurationInspection(limits));
}

/**
 * Reads the configuration files of an archive, in the manifest's order and under the names that dlt reads.
 * Checks the archive again, and keeps at most `limits.maxUnpackedBytes` in memory. The texts contain secrets;
 * used for masking.
 */
export function readConfigurationFiles(
  source: Readable,
  limits: ArchiveLimits = CONFIGURATION_LIMITS,
): Promise<ConfigurationFile[]> {
  return consume(source, createInspection(limits, configurationRules, listFiles));
}

/** Reads the configuration files of a profile and those of all profiles, like `readConfigurationFiles`. */
export async function readConfigurationOf(source: Readable, profile: string): Promise<ConfigurationFile[]> {
  const files = await readConfigurationFiles(source);
  return files.filter(({ name }) => [null, profile].includes(readProfile(name)));
}

/** Returns the profile of a configuration file; null for files of all profiles. */
export function readProfile(name: string): string | null {
  return matchProfile(name)?.profile ?? null;
}

/**
 * Returns the name under which dlt finds the file: `prod.secrets.toml` for `secrets.prod.toml`, otherwise the
 * name itself.
 */
export function resolveConfigurationFile(name: string): string {
  const match = matchProfile(name);
  return match ? `${match.profile}.${match.kind}.toml` : name;
}

/**
 * Reports whether every value of the file counts as a secret.
 * @param name in either naming
 */
export function holdsSecrets(name: string): boolean {
  return resolveConfigurationFile(name).endsWith('secrets.toml');
}

/** Reports whether the file belongs to a profile whose files stay on the user's machine. */
export function isLocalConfiguration(name: string): boolean {
  return LOCAL_PROFILES.has(readProfile(name) ?? '');
}

function matchProfile(name: string): { profile: string; kind: string } | undefined {
  const groups = (PROFILE_FIRST.exec(name) ?? PROFILE_LAST.exec(name))?.groups;
  const { profile, kind } = groups ?? {};
  return profile !== undefined && kind !== undefined ? { profile, kind } : undefined;
}

const configurationRules = {
  checkPath: checkConfigurationName,
  allowsLinks: false,
  keepsContents: true,
  requiresHashes: true,
};

function checkConfigurationName(name: string): void {
  const profile = readProfile(name);
  if (name.includes('/')) throw invalid(name, 'lies in a folder; configuration files lie directly in .dlt');
  if (profile === null && !/(config|secrets)\.toml$/.test(name)) {
    throw invalid(name, 'is not a configuration file; their names end in config.toml or secrets.toml');
  }
  if (profile !== null && LOCAL_PROFILES.has(profile)) {
    throw invalid(name, `belongs to the profile ${profile}, which stays on your machine`);
  }
}

function describeConfiguration(archive: InspectedArchive): ConfigurationReport {
  const files = listFiles(archive);
  const profiles = files.flatMap(({ name }) => readProfile(name) ?? []);
  return { ...archive.report, profiles: [...new Set(profiles)].toSorted() };
}

function listFiles({ report, contents }: InspectedArchive): ConfigurationFile[] {
  const placed = new Set<string>();
  return report.files.map((file) => {
    const name = resolveConfigurationFile(file.relative_path);
    if (placed.has(name)) throw invalid(file.relative_path, `replaces ${name}, which is also in the archive`);
    placed.add(name);
    return { name, text: decodeText(file.relative_path, contents.get(file.relative_path)) };
  });
}

function decodeText(name: string, content: Buffer | undefined): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw invalid(name, 'is not UTF-8 text', error);
  }
}

function invalid(name: string, problem: string, cause?: unknown): ArchiveError {
  const detail = `The entry ${quoteName(name)} ${problem}. Rename or remove the file and upload again.`;
  return new ArchiveError('archive_invalid', detail, { cause });
}
