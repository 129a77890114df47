/** Compiles modules of environments: those needed to start dlt before the first run, the rest after it. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { writeWholeFile } from '../../platform/write-whole-file.ts';
import { createOwnedFolder } from './build-context.ts';
import { buildEnterCommand } from './enter-user.ts';
import { locateEnvironment } from './environment-paths.ts';
import { readHostLayout } from './host-layout.ts';
import { bindInterpreter, decideRunUser, type Isolation } from './isolation.ts';
import { openPackageStore, type CompiledJob, type CompileJob } from './package-store.ts';
import type { PythonInterpreter } from './python-interpreter.ts';
import { runCommand } from './run-command.ts';
import { buildSandboxArguments } from './sandbox.ts';

export interface CompileOptions {
  dataDir: string;
  bootstrapDir: string;
  isolation: Isolation;
}

export interface CompileContext {
  /** The folder of the environment. */
  root: string;
  interpreter: PythonInterpreter;
  /** Uid that compiles if the server runs as root. */
  uid: number;
  /** Argv prefix that applies the build's limits, or lowers the priority. */
  prefix: string[];
  signal?: AbortSignal | undefined;
}

const parallelJobs = 2;
/** Maximum number of jobs that a restarted server compiles again. */
const jobsBetweenNotes = 8;

/**
 * Compiles jobs, two at a time; returns the number of compiled modules. Modules that fail to compile stay
 * without bytecode.
 */
export async function compileJobs(
  options: CompileOptions,
  context: CompileContext,
  jobs: readonly CompileJob[],
): Promise<number> {
  if (jobs.length === 0) return 0;
  const user = decideRunUser(options.isolation, context.uid);
  // Use a separate folder, because another server may be compiling modules of the same environment.
  const folder = join(context.root, 'compile', randomUUID());
  const largestFirst = jobs.toSorted((left, right) => right.files.length - left.files.length);
  const limit = pLimit({ concurrency: parallelJobs, rejectOnClear: true });
  const compile = async (job: CompileJob): Promise<CompiledJob> => {
    try {
      context.signal?.throwIfAborted();
      return { ...job, folder: await compileJob(options, context, job, { folder, uid: user?.uid ?? null }) };
    } catch (error) {
      limit.clearQueue();
      throw error;
    }
  };
  try {
    const work = largestFirst.map((job) => limit(compile, job));
    // Wait for all jobs before their folders are removed.
    await Promise.allSettled(work);
    const compiled = await Promise.all(work);
    context.signal?.throwIfAborted();
    const store = openPackageStore({ ...options, pythonPath: context.interpreter.executable });
    const adopted = await store.adopt({
      target: locateEnvironment(context.root),
      jobs: compiled,
      owner: user?.uid ?? process.getuid?.() ?? 0,
      links: options.isolation.kind === 'sandbox',
    });
    return adopted.compiled;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Compiles each package in its own sandbox, so that its source cannot change another package's bytecode.
 * @returns the path of the bytecode
 */
async function compileJob(
  options: CompileOptions,
  context: CompileContext,
  job: CompileJob,
  scratch: { folder: string; uid: number | null },
): Promise<string> {
  const folder = join(scratch.folder, randomUUID());
  const [plan, output] = [join(folder, 'plan'), join(folder, 'output')];
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await createOwnedFolder(output, scratch.uid, 0o700);
  await writeFile(plan, job.files.map((path) => `${path}\0`).join(''), { mode: 0o644 });
  await runCommand(buildCompileCommand(options, context, { plan, output }), {
    variables: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', PYTHONHASHSEED: '0' },
    signal: context.signal,
  });
  return output;
}

function buildCompileCommand(
  { bootstrapDir, isolation, dataDir }: CompileOptions,
  { root, interpreter, prefix, uid }: CompileContext,
  { plan, output }: { plan: string; output: string },
): string[] {
  const environment = locateEnvironment(root);
  const program = join(bootstrapDir, 'compile_modules.py');
  const isSandboxed = isolation.kind === 'sandbox';
  const enter = buildEnterCommand({
    pythonPath: interpreter.executable,
    user: decideRunUser(isolation, uid),
    dieWithPid: isSandboxed ? null : process.pid,
  });
  const python = [interpreter.executable, '-I', '-S'];
  if (!isSandboxed) return [...prefix, ...enter, ...python, program, environment, plan, output];
  const inside = {
    program: '/pumphouse/compile_modules.py',
    plan: '/pumphouse/plan',
    output: '/pumphouse/output',
  };
  const sandbox = buildSandboxArguments({
    bwrapPath: isolation.bwrapPath,
    privileges: isolation.privileges,
    host: readHostLayout(),
    network: 'none',
    binds: [
      { source: environment, target: environment, writable: false },
      { source: program, target: inside.program, writable: false },
      { source: plan, target: inside.plan, writable: false },
      { source: output, target: inside.output, writable: true },
      ...bindInterpreter(interpreter, dataDir),
    ],
  });
  const command = [inside.program, environment, inside.plan, inside.output];
  return [...prefix, ...sandbox, ...enter, ...python, ...command];
}

const restSchema = z.object({
  uid: z.number(),
  jobs: z.array(z.object({ key: z.string().nullable(), files: z.array(z.string()) })),
});

/** Records the jobs that a build leaves to be compiled after the first run. */
export async function writeRest(root: string, uid: number, jobs: readonly CompileJob[]): Promise<void> {
  await writeWholeFile(locateRest(root), JSON.stringify({ uid, jobs }), 0o600);
}

function locateRest(root: string): string {
  return join(root, 'rest.json');
}

export type CompileQueue = ReturnType<typeof createCompileQueue>;

/**
 * Compiles the rest of environments one after the other, at the lowest priority. Jobs left by a stopped
 * server are resumed when their environment is next used.
 */
export function createCompileQueue(options: CompileOptions, warn: (error: unknown, path: string) => void) {
  const queued = new Map<string, Entry>();
  const limit = pLimit(1);

  async function compileRest(
    root: string,
    interpreter: PythonInterpreter,
    signal: AbortSignal,
  ): Promise<void> {
    const stored = await readFile(locateRest(root), 'utf8').catch(() => null);
    if (stored === null) return;
    const { uid, jobs } = restSchema.parse(JSON.parse(stored));
    const context = { root, interpreter, uid, prefix: ['nice', '-n', '19'], signal };
    for (let done = 0; done < jobs.length; done += jobsBetweenNotes) {
      await compileJobs(options, context, jobs.slice(done, done + jobsBetweenNotes));
      await writeRest(root, uid, jobs.slice(done + jobsBetweenNotes));
    }
    await rm(locateRest(root), { force: true });
    await rm(join(root, 'compile'), { recursive: true, force: true });
  }

  return {
    /** Does nothing if nothing is left to compile, or if the environment is already queued. */
    add({ path }: EnvironmentLocation, interpreter: PythonInterpreter): void {
      if (queued.has(path)) return;
      const controller = new AbortController();
      const { signal } = controller;
      const entry: Entry = { abort: () => controller.abort(), running: Promise.resolve() };
      queued.set(path, entry);
      void limit(() => {
        if (signal.aborted) return undefined;
        entry.running = compileRest(dirname(path), interpreter, signal)
          .catch((error: unknown) => {
            if (!signal.aborted) warn(error, path);
          })
          .finally(() => queued.delete(path));
        return entry.running;
      });
    },

    /** Resolves when no module of the environment is being compiled any more. */
    async abandon({ path }: EnvironmentLocation): Promise<void> {
      const entry = queued.get(path);
      queued.delete(path);
      entry?.abort();
      await entry?.running;
    },
  };
}

interface Entry {
  abort(): void;
  running: Promise<void>;
}
