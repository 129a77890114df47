/** The folders of one build, and which of them each step can access. */
import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EnvironmentSpec } from '../contract/environment-builder.ts';
import { planBuildFiles } from '../environment-steps.ts';
import { createPassageFolder } from './attempt-folder.ts';
import { readHostLayout } from './host-layout.ts';
import { describeResolver, planInsideUser, type NetworkPlan } from './isolated-network.ts';
import { bindInterpreter, decideRunUser, type Isolation } from './isolation.ts';
import { locateCache, locateCaches, locateEnvironment } from './environment-paths.ts';
import { removeCache } from './environment-folders.ts';
import type { PythonInterpreter } from './python-interpreter.ts';
import { buildSandboxArguments, buildUserFiles, type SandboxBind } from './sandbox.ts';

export interface BuildContextOptions {
  dataDir: string;
  bootstrapDir: string;
  uvPath: string;
  isolation: Isolation;
  /** Null means the machine's network. */
  network: NetworkPlan | null;
}

/**
 * What a step may write. `prepare`: the environment's base, without network. `clean`: a folder of this build
 * that no package's code can access. `source`: the folder for untrusted code, and the workspace's cache.
 */
export type StepKind = 'prepare' | 'clean' | 'source';

/** Paths of a build, as seen by the server or by a step. */
export interface BuildFolders {
  environment: string;
  /** Written by the server: requirements, locks, plans. */
  plan: string;
  clean: string;
  source: string;
  /** The workspace's cache. */
  cache: string;
  uv: string;
  install: string;
}

export interface BuildContext {
  root: string;
  outside: BuildFolders;
  inside: BuildFolders;
  /** Uid that owns the steps' output. */
  owner: number;
  enter(kind: StepKind): string[];
}

const resolverFile = 'resolv.conf';

export function usesNetwork(kind: StepKind): boolean {
  return kind !== 'prepare';
}

/** Creates the folders of a build. */
export async function prepareBuildContext(
  options: BuildContextOptions,
  spec: EnvironmentSpec,
  interpreter: PythonInterpreter,
  root: string,
): Promise<BuildContext> {
  const user = decideRunUser(options.isolation, spec.uid);
  const cache = locateCache(options.dataDir, spec);
  await removeEarlierCache(options.dataDir, spec.organizationId);
  for (const folder of [dirname(root), dirname(dirname(cache)), dirname(cache), root]) {
    await createPassageFolder(folder);
  }
  const outside: BuildFolders = {
    environment: locateEnvironment(root),
    plan: join(root, 'plan'),
    clean: join(root, 'clean'),
    source: join(root, 'source'),
    cache,
    uv: options.uvPath,
    install: join(options.bootstrapDir, 'environment_install.py'),
  };
  const uid = user?.uid ?? null;
  // A lock may contain a URL with a password.
  await createOwnedFolder(outside.plan, uid, 0o700);
  await createOwnedFolder(cache, uid, 0o700);
  await createOwnedFolder(outside.environment, uid, 0o755);
  await createOwnedFolder(outside.clean, uid, 0o700);
  await createOwnedFolder(outside.source, uid, 0o700);
  await writePlanFiles(outside.plan, spec, user?.uid ?? ownUid());
  const owner = user?.uid ?? ownUid();
  if (options.isolation.kind === 'none') {
    return { root, outside, inside: outside, owner, enter: () => [] };
  }
  return {
    root,
    outside,
    owner,
    ...planSandbox({ ...options, isolation: options.isolation }, outside, interpreter),
  };
}

/**
 * Earlier versions kept one cache per organization, in the folder that now holds the caches of its
 * workspaces.
 */
async function removeEarlierCache(dataDir: string, organizationId: string): Promise<void> {
  const tag = join(locateCaches(dataDir), organizationId, 'CACHEDIR.TAG');
  if ((await stat(tag).catch(() => null)) !== null) await removeCache(dataDir, organizationId);
}

async function writePlanFiles(plan: string, spec: EnvironmentSpec, uid: number): Promise<void> {
  const { passwd, group } = buildUserFiles(uid, uid);
  const files = [
    ...planBuildFiles(spec),
    { name: resolverFile, content: describeResolver() },
    { name: 'passwd', content: passwd },
    { name: 'group', content: group },
  ];
  for (const { name, content } of files) {
    await writeFile(join(plan, name), content, { mode: 0o644, flag: 'wx' });
  }
}

function planSandbox(
  {
    isolation,
    network,
    dataDir,
  }: Pick<BuildContextOptions, 'network' | 'dataDir'> & {
    isolation: Extract<Isolation, { kind: 'sandbox' }>;
  },
  outside: BuildFolders,
  interpreter: PythonInterpreter,
): Pick<BuildContext, 'inside' | 'enter'> {
  // Scripts of the environment contain the path of their interpreter, so it must be the same inside and
  // outside.
  const inside: BuildFolders = {
    environment: outside.environment,
    plan: '/pumphouse/plan',
    clean: '/pumphouse/clean',
    source: '/pumphouse/source',
    cache: '/pumphouse/cache',
    uv: '/pumphouse/uv',
    install: '/pumphouse/environment_install.py',
  };
  const bind = (name: keyof BuildFolders, writable: boolean): SandboxBind => ({
    source: outside[name],
    target: inside[name],
    writable,
  });
  const enter = (kind: StepKind): string[] =>
    buildSandboxArguments({
      bwrapPath: isolation.bwrapPath,
      privileges: isolation.privileges,
      host: readHostLayout(),
      network: usesNetwork(kind) ? 'inherited' : 'none',
      ...planInsideUser(usesNetwork(kind) ? network : null, isolation.privileges),
      binds: [
        bind('environment', kind === 'prepare'),
        bind('plan', false),
        bind('uv', false),
        bind('install', false),
        ...(kind === 'source' ? [bind('source', true), bind('cache', true)] : [bind('clean', true)]),
        { source: join(outside.plan, 'passwd'), target: '/etc/passwd', writable: false },
        { source: join(outside.plan, 'group'), target: '/etc/group', writable: false },
        ...(network === null
          ? []
          : [{ source: join(outside.plan, resolverFile), target: '/etc/resolv.conf', writable: false }]),
        ...bindInterpreter(interpreter, dataDir),
      ],
    });
  return { inside, enter };
}

/**
 * Creates a folder owned by the builds' user.
 * @param uid null if builds run as the server's own user
 */
export async function createOwnedFolder(path: string, uid: number | null, mode: number): Promise<void> {
  const created = await mkdir(path, { recursive: true, mode });
  if (uid === null) return;
  if (created !== undefined) await chown(path, uid, uid);
  const owner = (await stat(path)).uid;
  if (owner !== uid) throw new Error(`${path} belongs to uid ${owner}, not to the builder, uid ${uid}.`);
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}
