/**
 * The steps of an environment build on any executor: commands in order, their files and their variables.
 * Pure.
 */
import { stringify } from 'smol-toml';
import type { EnvironmentBuildError, EnvironmentSpec } from './contract/environment-builder.ts';
import { hasUrl, readName } from '../domain/environments/requirements.ts';
import { missingVersionPattern } from '../domain/environments/uv-failure.ts';

/** Paths of a build as its commands see them. */
export interface BuildPaths {
  environment: string;
  cache: string;
  /** The folder of the files that the commands read. */
  plan: string;
  uv: string;
  /** Modules that are added to every environment. */
  hooks: string;
}

export interface BuildStep {
  command: string[];
  /** The error code if the command fails. */
  failure: EnvironmentBuildError['code'];
  /** Runs once, after this line in the log, if the command fails with an error that matches the pattern. */
  retry?: { pattern: string; notice: string; command: string[] };
}

/** What decides the packages of an environment. */
type PackageChoice = Pick<EnvironmentSpec, 'requirements' | 'packageSources'>;

const fileNames = {
  requirements: 'requirements.txt',
  excludes: 'excludes.txt',
  /** The requirements that have a source: uv reads sources from a project only. */
  project: 'pyproject.toml',
  /** The package indexes. */
  settings: 'uv.toml',
};

/** Line in the log of a build whose requirements name a version that is not in the cached answers of the index. */
export const refreshNotice = 'Asking the index again, without what was cached from it';

const installHooks = `
import os, py_compile, shutil, sys, sysconfig
source, target = sys.argv[1], sysconfig.get_path("purelib")
for name in sorted(os.listdir(source)):
    if name.endswith((".py", ".pth")):
        copied = shutil.copyfile(os.path.join(source, name), os.path.join(target, name))
        if name.endswith(".py"):
            py_compile.compile(copied, doraise=True)
`;

/**
 * The commands of a build.
 * @param interpreter path of the Python for the environment
 */
export function planBuildSteps(paths: BuildPaths, interpreter: string, choice: PackageChoice): BuildStep[] {
  const python = `${paths.environment}/bin/python`;
  const venv = [paths.uv, 'venv', '--no-project', '--allow-existing', '--python', interpreter];
  const install = [paths.uv, 'pip', 'install', '--compile-bytecode', '--python', python];
  const { excludes, inputs } = locateFiles(paths.plan, choice);
  const files = ['--excludes', excludes, ...inputs.flatMap((path) => ['-r', path])];
  return [
    { command: [...venv, paths.environment], failure: 'builder_failed' },
    ...(choice.requirements.length === 0
      ? []
      : [
          {
            command: [...install, ...files],
            failure: 'requirements_failed' as const,
            // A version may have been released in the ten minutes in which uv keeps the answers of an index.
            retry: {
              pattern: missingVersionPattern,
              notice: refreshNotice,
              command: [...install, '--refresh', ...files],
            },
          },
        ]),
    { command: [python, '-I', '-c', installHooks, paths.hooks], failure: 'builder_failed' },
  ];
}

/** Paths for uv to resolve requirements and to install from a lock. */
export interface LockPaths {
  uv: string;
  python: string;
  lock: string;
}

/** Creates the environment without any package. */
export function planVenvCommand(uv: string, environment: string, interpreter: string): string[] {
  return [uv, 'venv', '--no-project', '--allow-existing', '--python', interpreter, environment];
}

/**
 * Resolves requirements into a lock.
 * @param paths.wheelsOnly run no package's code
 * @param paths.refreshes ask the index for all versions, instead of using its answers of the last minutes
 */
export function planResolveCommand(
  paths: LockPaths & { plan: string; wheelsOnly: boolean; refreshes: boolean },
  choice: PackageChoice,
): string[] {
  const { excludes, inputs } = locateFiles(paths.plan, choice);
  const compile = [paths.uv, 'pip', 'compile', '--format', 'pylock.toml', '--no-header', '--no-annotate'];
  const files = ['--excludes', excludes, '--output-file', paths.lock, ...inputs];
  return [...compile, ...listCommonOptions(paths), ...(paths.refreshes ? ['--refresh'] : []), ...files];
}

/**
 * Installs exactly what a lock names, below a prefix.
 * @param paths.wheelsOnly run no package's code
 */
export function planInstallCommand(paths: LockPaths & { prefix: string; wheelsOnly: boolean }): string[] {
  const install = [paths.uv, 'pip', 'install', '--preview-features', 'pylock', '--no-deps'];
  return [...install, ...listCommonOptions(paths), '--prefix', paths.prefix, '-r', paths.lock];
}

function listCommonOptions({ python, wheelsOnly }: { python: string; wheelsOnly: boolean }): string[] {
  return ['--python', python, ...(wheelsOnly ? ['--no-build'] : [])];
}

/** Names and contents of the files that the commands read. */
export function planBuildFiles(choice: PackageChoice): { name: string; content: string }[] {
  const { packageSources } = choice;
  const [plain, sourced] = splitRequirements(choice);
  const files = [
    { name: fileNames.requirements, content: `${plain.join('\n')}\n` },
    // Some dlt extras depend on this package, whose licence forbids use in a service like this.
    { name: fileNames.excludes, content: 'dlthub\n' },
  ];
  if (packageSources === undefined) return files;
  const { index, sources, ...settings } = packageSources;
  const project = { name: 'pumphouse-environment', version: '0', dependencies: sourced };
  const content = stringify({ project, tool: { uv: { index, sources } } });
  return [
    ...files,
    { name: fileNames.project, content },
    { name: fileNames.settings, content: stringify({ ...settings, index }) },
  ];
}

function locateFiles(plan: string, choice: PackageChoice): { excludes: string; inputs: string[] } {
  const [, sourced] = splitRequirements(choice);
  const names = [fileNames.requirements, ...(sourced.length === 0 ? [] : [fileNames.project])];
  return { excludes: `${plan}/${fileNames.excludes}`, inputs: names.map((name) => `${plan}/${name}`) };
}

/** Requirements without and with a source. */
function splitRequirements({
  requirements,
  packageSources,
}: PackageChoice): [plain: string[], sourced: string[]] {
  const hasSource = (line: string) =>
    !hasUrl(line) && Object.hasOwn(packageSources?.sources ?? {}, readName(line));
  return [requirements.filter((line) => !hasSource(line)), requirements.filter(hasSource)];
}

/**
 * The complete environment variables of the commands.
 * @param certificates path of the CA bundle, if there is one
 */
export function planBuildVariables(
  { variables, packageSources }: Pick<EnvironmentSpec, 'variables' | 'packageSources'>,
  paths: Pick<BuildPaths, 'cache' | 'plan'>,
  certificates: string | null,
): Record<string, string> {
  return {
    ...(certificates === null ? {} : { SSL_CERT_FILE: certificates }),
    ...variables,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    UV_CACHE_DIR: paths.cache,
    // A hard link into the cache would let a later build change files of an environment in use.
    UV_LINK_MODE: 'copy',
    UV_NO_CONFIG: '1',
    ...(packageSources !== undefined && { UV_CONFIG_FILE: `${paths.plan}/${fileNames.settings}` }),
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
  };
}
