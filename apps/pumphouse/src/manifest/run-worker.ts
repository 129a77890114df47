import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { asObject, explainMissingPart, isJsonObject } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { BuiltManifest } from './manifest.ts';
import type { Python } from './find-python.ts';

interface WorkerInput {
  root: string;
  python: Python;
  module: string;
  /** Whether only the names in `__all__` are jobs; false for a single script. */
  usesAll: boolean;
  env: NodeJS.ProcessEnv;
}

/**
 * Runs dlt's own manifest worker. `dlt.hub.run` is imported first, so that `from dlt.hub import run` works without
 * the proprietary package. What dlt refuses for lack of that package has its name in the message. dlt drops what
 * the import of the workspace prints, also its own warnings.
 */
const program = `
import sys, warnings
stderr = sys.stderr
warnings.showwarning = lambda message, category, *_: stderr.write(f"{category.__name__}: {message}\\n")
try:
    import dlt.hub.run
    refuse = dlt.hub.__getattr__
    def name_refused(name):
        try:
            return refuse(name)
        except ImportError as error:
            error.msg = "dlt.hub." + name + ": " + str(error)
            raise
    dlt.hub.__getattr__ = name_refused
except (ImportError, AttributeError):
    pass
import runpy
sys.argv[0] = "manifest worker"
runpy.run_module("dlt._workspace.deployment._manifest_worker", run_name="__main__", alter_sys=True)
`;

/**
 * Builds the manifest of a module with the workspace's own interpreter.
 * @returns null if dlt is not installed there, or is older than manifests
 * @throws CommandError manifest_failed with the message of the user's code
 */
export async function runManifestWorker(input: WorkerInput): Promise<BuiltManifest | null> {
  const { root, python, module, usesAll, env } = input;
  const args = ['-c', program, module, ...(usesAll ? [] : ['--no-use-all'])];
  const child = spawn(python.path, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close').catch(() => undefined),
  ]);
  const printed = findPrinted(stdout);
  if (printed === null) {
    if (/No module named '?dlt\b|No module named '?dlt\._workspace\.deployment/.test(stderr)) return null;
    throw manifestFailed(module, 'it ended without an answer', stderr.trim().split('\n').slice(-20));
  }
  const { manifest, warnings, error, error_type } = printed;
  if (isJsonObject(manifest)) {
    const built = toBuiltManifest(manifest, warnings);
    return { ...built, warnings: [...built.warnings, ...listDeprecations(stderr)] };
  }
  throw explainWorkerError(module, String(error), typeof error_type === 'string' ? error_type : '');
}

/** What the worker printed, after whatever the user's code may have printed. */
function findPrinted(stdout: string): Record<string, unknown> | null {
  for (const begin of ['{"manifest"', '{"error"']) {
    const index = stdout.lastIndexOf(begin);
    if (index === -1) continue;
    try {
      return asObject(JSON.parse(stdout.slice(index)));
    } catch {
      continue;
    }
  }
  return null;
}

/** What dlt says about former names, such as `require.machine`. The worker prints it beside its answer. */
export function listDeprecations(stderr: string): string[] {
  return [...new Set([...stderr.matchAll(/^DltDeprecationWarning: (.+)$/gm)].map(([, text = '']) => text))];
}

/** Reads a manifest that dlt has made and checked; the server checks each definition again. */
export function toBuiltManifest(manifest: Record<string, unknown>, warnings: unknown): BuiltManifest {
  const { engine_version, deployment_module, jobs, description } = manifest;
  return {
    manifest: {
      engine_version: Number(engine_version),
      deployment_module: String(deployment_module),
      jobs: Array.isArray(jobs) ? jobs.filter(isJsonObject) : [],
      description: typeof description === 'string' ? description : undefined,
    },
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
  };
}

function explainWorkerError(module: string, message: string, type: string): CommandError {
  const missingPart = explainMissingPart(message);
  if (missingPart !== null)
    return new CommandError(`${module}.py cannot be imported: ${missingPart}`, {
      code: 'manifest_failed',
      exitCode: exitCodes.refused,
      nextStep: 'Change the code, then try again. docs/move/hosted.md lists what does not move.',
    });
  const missing = /^No module named '([^']+)'/.exec(message)?.[1];
  if (missing !== undefined && missing === module) {
    return new CommandError(`The workspace has no ${module}.py.`, {
      code: 'module_not_found',
      exitCode: exitCodes.notFound,
      nextStep:
        module === '__deployment__'
          ? 'Create __deployment__.py with the jobs of the workspace, or start a single script: pumphouse launch SCRIPT.'
          : 'Check the path of the script.',
    });
  }
  const nextStep =
    missing === undefined
      ? 'Correct the code, then try again.'
      : `Install ${missing} in the workspace's environment, or choose another one with --python.`;
  return new CommandError(`${module}.py cannot be imported: ${type === '' ? '' : `${type}: `}${message}`, {
    code: 'manifest_failed',
    exitCode: exitCodes.refused,
    nextStep,
  });
}

function manifestFailed(module: string, reason: string, lines: readonly string[]): CommandError {
  return new CommandError(`The jobs of ${module}.py cannot be read: ${reason}.`, {
    code: 'manifest_failed',
    exitCode: exitCodes.refused,
    nextStep: 'Correct the code, then try again.',
    lines,
  });
}
