import type { EnvironmentArchive } from '../../domain/environments/environment-archive.ts';
import type { PackageSources } from '../../domain/environments/package-sources.ts';

export type EnvironmentLine = { stream: 'stdout' | 'stderr'; text: string };

export interface EnvironmentSpec {
  /**
   * Hash of workspace, Python version, sorted requirements, platform, and the settings and sources that
   * choose packages.
   */
  key: string;
  organizationId: string;
  workspaceId: string;
  /** "3.11" */
  pythonVersion: string;
  /** PEP 508 lines, sorted. */
  requirements: string[];
  /** Settings of uv and of proxies, passed to uv; variables that the executor sets itself take precedence. */
  variables: Record<string, string>;
  /** Removed from every line and error before any other processing. */
  maskedValues: string[];
  /** Missing if the workspace declares none that the requirements need. */
  packageSources?: PackageSources | undefined;
  uid: number;
  /** Where the build may store the environment, for executors that keep it nowhere else. */
  upload?: ArchiveUpload | undefined;
}

/** Lets one build store one archive; sealed as the calls of attempts are. */
export interface ArchiveUpload {
  id: string;
  /** The address of the server for runs. */
  url: string;
  secret: string;
  /** Passed back to the server. */
  ticket: string;
}

/** Location of a built environment, in executor-specific terms (a path, a volume name). */
export interface EnvironmentLocation {
  executor: string;
  path: string;
  /** The environment is an archive that the server has. */
  archive?: EnvironmentArchive | undefined;
}

/** A package shared by builds. */
export interface StoredPackage {
  id: string;
  usedAt: Date;
  /** Excludes files that environments use; they count as part of the environment. */
  sizeBytes: number;
  /** Whether environments use most of it. */
  isUsed: boolean;
}

export interface ListedCache {
  organizationId: string;
  sizeBytes: number;
  changedAt: Date;
}

/** uv could not resolve or build the requirements; its output was passed to `onLine`. */
export class EnvironmentBuildError extends Error {
  readonly code: 'python_not_found' | 'requirements_failed' | 'builder_failed';
  constructor(code: EnvironmentBuildError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EnvironmentBuildError';
    this.code = code;
  }
}

/** Builds the Python environments of attempts, and keeps what builds share. */
export interface EnvironmentBuilder {
  /** The minor versions of Python, such as "3.13", that builds can have here. The first is used if any will do. */
  listPythons(): Promise<string[]>;
  /**
   * Builds the environment with the same isolation as a run. The caller holds the key's lock. Each call
   * builds in a new location, so two builders that both believe they hold the lock never touch each other's
   * files; the caller keeps one.
   * @throws EnvironmentBuildError
   */
  buildEnvironment(
    spec: EnvironmentSpec,
    onLine: (line: EnvironmentLine) => void,
    signal?: AbortSignal,
  ): Promise<EnvironmentLocation>;
  /**
   * Whether a stored location still exists and is complete. Work needed to answer, for example after an
   * upgrade, is reported to `onLine`.
   */
  hasEnvironment(location: EnvironmentLocation, onLine?: (line: EnvironmentLine) => void): Promise<boolean>;
  removeEnvironment(location: EnvironmentLocation): Promise<void>;
  /** Disk usage of an environment in bytes; 0 if it does not exist. */
  measureEnvironment(location: EnvironmentLocation): Promise<number>;
  /** Caches that builds keep for later builds, by organization. */
  listCaches(): Promise<ListedCache[]>;
  /**
   * Removes an organization's cache; later builds start a new one. Must not run during a build of that
   * organization.
   */
  removeCache(organizationId: string): Promise<void>;
  /** Packages shared by builds, with the disk space they use beyond environments. */
  listStoredPackages(): Promise<StoredPackage[]>;
  /**
   * Removes packages from the store. Environments keep their files; a build in progress fetches them again.
   */
  removeStoredPackages(ids: readonly string[]): Promise<void>;
}
