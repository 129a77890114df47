import type { BuildSettings } from '../domain/environments/build-settings.ts';
import type { DeclaredSources, PackageSources } from '../domain/environments/package-sources.ts';
import type { DeploymentRecord } from '../store/records.ts';
import {
  EnvironmentBuildError,
  type ArchiveUpload,
  type EnvironmentBuilder,
  type EnvironmentLine,
  type EnvironmentLocation,
} from '../executors/contract/environment-builder.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { JobDefinition } from '../domain/jobs/job-definition.ts';
import type { Persistence } from '../store/store.ts';
import type { UnnumberedLogLine } from '../domain/logs/log-line.ts';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  chooseInstallSet,
  type InstallSet,
  describeEnvironment,
  readRequirementsManifest,
} from '../domain/environments/requirements.ts';
import { advisePython, choosePython } from '../domain/environments/choose-python.ts';
import { choosePackageSources, describeIndexes } from '../domain/environments/package-sources.ts';
import { readInstalledPackages, warnOfKnownBad } from '../domain/environments/known-bad-combinations.ts';
import { setupLine } from '../domain/logs/log-line.ts';

export interface EnvironmentsDependencies {
  persistence: Persistence<'environments'>;
  executor: EnvironmentBuilder;
  /** Name of this server process, unique among all; builds are leased to it. */
  owner: string;
  /** Lease duration of a build without renewal. */
  leaseSeconds: number;
  /** The platform for which environments are built, and the machine that has them. */
  platform: string;
  /** Lets the build of this environment store an archive; undefined while builds cannot reach a server. */
  planUpload?: (key: string) => Promise<ArchiveUpload | undefined>;
  faultPoints: FaultPoints;
}

export interface EnvironmentRequest {
  deployment: DeploymentRecord;
  definition: JobDefinition;
  organization: { id: string; uid: number };
  /** Workspace variables that apply to builds, for the run's profile. */
  settings: BuildSettings;
  /** What `pyproject.toml` of the deployment declares. */
  packageSources: DeclaredSources;
}

export type Environments = ReturnType<typeof createEnvironments>;

const otherBuilderPollMs = 250;
/** Build output may be hostile; no real environment has more packages. */
const maxStoredPackages = 5000;

/**
 * Provides runs with their Python environment: from the cache, or built once per key by one server at a time.
 * Every waiting run gets the build's output.
 */
export function createEnvironments(dependencies: EnvironmentsDependencies) {
  const { persistence, executor, owner, leaseSeconds, faultPoints } = dependencies;
  const { store } = persistence;
  const builds = new Map<string, Build>();
  /**
   * Aborted builds that have not ended yet. They keep the lease of their key, and release it for this whole
   * server when they end.
   */
  const ending = new Map<string, Promise<void>>();

  async function findReady(key: string, onLine: OnLine): Promise<EnvironmentLocation | 'gone' | null> {
    const known = await store.environments.find(key);
    if (known?.state !== 'ready' || !known.location) return null;
    const isThere = await executor.hasEnvironment(known.location, (line) => onLine(asSetupLine(line)));
    return isThere ? known.location : 'gone';
  }

  async function build(plan: Plan, onLine: OnLine, signal: AbortSignal): Promise<EnvironmentLocation> {
    let waitNoted = false;
    for (;;) {
      signal.throwIfAborted();
      const ready = await findReady(plan.key, onLine);
      if (ready && ready !== 'gone') return ready;
      const options = { replaceReady: ready === 'gone' };
      if (await store.environments.takeBuild(plan, owner, leaseSeconds, options)) {
        return buildUnderLease(plan, onLine, signal);
      }
      if (!waitNoted)
        onLine(
          setupLine('Another server is building this environment; waiting for it.', 'stdout', new Date()),
        );
      waitNoted = true;
      await delay(otherBuilderPollMs, undefined, { signal });
    }
  }

  async function buildUnderLease(
    plan: Plan,
    onLine: OnLine,
    signal: AbortSignal,
  ): Promise<EnvironmentLocation> {
    const renewal = setInterval(
      () => void store.environments.renewBuild(plan.key, owner, leaseSeconds).catch(() => undefined),
      (leaseSeconds * 1000) / 3,
    );
    try {
      await faultPoints.reach('in-environment-build');
      const packages: string[] = [];
      const onBuildLine = (line: EnvironmentLine) => {
        packages.push(...readInstalledPackages(line.text));
        onLine(asSetupLine(line));
      };
      const upload = await dependencies.planUpload?.(plan.key);
      const location = identifyArchive(
        await executor.buildEnvironment({ ...plan, upload }, onBuildLine, signal),
        upload,
      );
      for (const text of warnOfKnownBad(packages)) onLine(setupLine(text, 'stderr', new Date()));
      const built = { location, packages: [...new Set(packages)].slice(0, maxStoredPackages) };
      if (await store.environments.finishBuild(plan.key, owner, built)) return location;
      // The lease expired while this process was suspended, so the other builder's result counts.
      await executor.removeEnvironment(location);
      return await build(plan, onLine, signal);
    } catch (error) {
      await store.environments.giveUpBuild(plan.key, owner);
      throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  /** Joins this process's running build for the key, or starts one. */
  function join(plan: Plan, onLine: OnLine, signal: AbortSignal): Promise<EnvironmentLocation> {
    let current = builds.get(plan.key);
    if (!current) {
      current = startBuild(plan);
      builds.set(plan.key, current);
    }
    return listen(current, onLine, signal);
  }

  function startBuild(plan: Plan): Build {
    const controller = new AbortController();
    const lines: UnnumberedLogLine[] = [];
    const listeners = new Set<OnLine>();
    const onLine: OnLine = (line) => {
      lines.push(line);
      for (const listener of listeners) listener(line);
    };
    const before = ending.get(plan.key) ?? Promise.resolve();
    const result = before.then(() => build(plan, onLine, controller.signal));
    const forget = () => {
      if (builds.get(plan.key) === started) builds.delete(plan.key);
    };
    const ended = result.then(forget, forget);
    const abandon = () => {
      forget();
      controller.abort();
      ending.set(plan.key, ended);
      void ended.finally(() => {
        if (ending.get(plan.key) === ended) ending.delete(plan.key);
      });
    };
    const started: Build = { lines, listeners, abandon, result };
    return started;
  }

  /** Adds what the user of this deployment's client can do about a Python that is not there. */
  async function withAdvice(error: unknown, { deployment }: EnvironmentRequest): Promise<unknown> {
    if (!(error instanceof EnvironmentBuildError) || error.code !== 'python_not_found') return error;
    const [python] = await executor.listPythons();
    if (python === undefined) return error;
    const advice = advisePython(readRequirementsManifest(deployment.requirements), python);
    return new EnvironmentBuildError(error.code, `${error.message} ${advice}`, { cause: error });
  }

  return {
    /**
     * Lists the requirements whose dlt is too old to start jobs.
     * @throws RequirementsError as `ensure`
     */
    listRaised: (request: Pick<EnvironmentRequest, 'definition' | 'deployment'>): InstallSet['raised'] =>
      installSetOf(request).raised,

    /**
     * @throws EnvironmentBuildError, RequirementsError: the run fails with their message
     * @throws AbortError when the signal ends the wait; the build continues if another run waits for it
     */
    async ensure(
      request: EnvironmentRequest,
      onLine: OnLine,
      signal: AbortSignal,
    ): Promise<EnvironmentLocation> {
      const { version, note } = await choosePython(installSetOf(request), () => executor.listPythons());
      if (note !== null) onLine(setupLine(note, 'stdout', new Date()));
      const plan = planEnvironment(request, version, dependencies.platform);
      const ready = await findReady(plan.key, onLine);
      if (ready && ready !== 'gone') return ready;
      for (const text of listRemarks(plan)) onLine(setupLine(text, 'stdout', new Date()));
      return join(plan, onLine, signal).catch(async (error: unknown) => {
        throw await withAdvice(error, request);
      });
    },
  };
}

/** An executor on another machine may report anything: an environment never gets the archive of another one. */
function identifyArchive(
  { archive, ...location }: EnvironmentLocation,
  upload: ArchiveUpload | undefined,
): EnvironmentLocation {
  if (archive === undefined || upload === undefined) return location;
  return { ...location, archive: { ...archive, id: upload.id } };
}

function asSetupLine({ stream, text }: EnvironmentLine): UnnumberedLogLine {
  return setupLine(text, stream, new Date());
}

export type OnLine = (line: UnnumberedLogLine) => void;

interface Build {
  /** Output from before a later run joined. */
  lines: UnnumberedLogLine[];
  listeners: Set<OnLine>;
  /** Aborts the build; a later run starts a new one. */
  abandon(): void;
  result: Promise<EnvironmentLocation>;
}

interface Plan {
  key: string;
  organizationId: string;
  workspaceId: string;
  pythonVersion: string;
  requirements: string[];
  leftOut: string[];
  ignoredSettings: string[];
  variables: Record<string, string>;
  maskedValues: string[];
  packageSources: PackageSources | undefined;
  uid: number;
}

async function listen(build: Build, onLine: OnLine, signal: AbortSignal): Promise<EnvironmentLocation> {
  for (const line of build.lines) onLine(line);
  build.listeners.add(onLine);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([build.result, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    build.listeners.delete(onLine);
    // No run waits for the build any more.
    if (build.listeners.size === 0) build.abandon();
  }
}

/** Where packages come from, and requested packages and settings that the build ignores. */
function listRemarks({ leftOut, ignoredSettings, packageSources }: Plan): string[] {
  return [
    ...(packageSources === undefined ? [] : describeIndexes(packageSources)),
    ...leftOut.map((text) => `Not installed: ${text} (Pumphouse works without it).`),
    ...ignoredSettings.map((name) => `Not used to build the environment: ${name}.`),
  ];
}

function installSetOf({ deployment, definition }: Pick<EnvironmentRequest, 'definition' | 'deployment'>) {
  const manifest = readRequirementsManifest(deployment.requirements);
  return chooseInstallSet(manifest, definition);
}

function planEnvironment(request: EnvironmentRequest, pythonVersion: string, platform: string): Plan {
  const { deployment, organization, settings } = request;
  const set = { ...installSetOf(request), pythonVersion };
  const packageSources = choosePackageSources(request.packageSources, set);
  const identity = describeEnvironment(deployment.workspaceId, set, platform, [
    ...settings.packageSettings,
    ...(packageSources === undefined ? [] : [['tool.uv', JSON.stringify(packageSources)] as const]),
  ]);
  return {
    key: createHash('sha256').update(identity).digest('hex').slice(0, 32),
    organizationId: organization.id,
    workspaceId: deployment.workspaceId,
    pythonVersion,
    requirements: set.requirements,
    leftOut: set.leftOut,
    ignoredSettings: settings.ignored,
    variables: settings.variables,
    maskedValues: settings.maskedValues,
    packageSources,
    uid: organization.uid,
  };
}
