/**
 * The package store of a data folder: files named by the hash of their content, to which environments link.
 * Only the server's own program (pumphouse_bootstrap/package_store) writes to it; builds and runs never see
 * it.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { isErrorCode } from '../../platform/error-code.ts';
import type { StoredPackage } from '../contract/environment-builder.ts';

export interface PackageStoreOptions {
  dataDir: string;
  bootstrapDir: string;
  /** An interpreter installed by the machine's administrator, with the environment's Python version. */
  pythonPath: string;
}

/** Modules of one package without bytecode; `key` is null for files that are not stored as a package. */
export interface CompileJob {
  key: string | null;
  files: string[];
}

/** A job whose bytecode was written to a folder. */
export interface CompiledJob extends CompileJob {
  folder: string;
}

export interface AdoptRequest {
  /** The environment that gets the bytecode. */
  target: string;
  jobs: CompiledJob[];
  /** Uid that owns the compiler's output. */
  owner: number;
  links: boolean;
}

export interface AssembleRequest {
  /** Path of the new environment, which must not exist yet. */
  target: string;
  base: string;
  packages: { key: string; tree: string | null }[];
  built: string | null;
  hooks: string;
  sitePackages: string;
  /** Uid that owns the build's output. */
  owner: number;
  /** Whether the environment shares files with the store; false if a run could write to them. */
  links: boolean;
}

/** `missing`: the store has lost a file of a package; the next lookup reports the package as missing. */
export class PackageStoreError extends Error {
  override readonly name = 'PackageStoreError';
  readonly problem: 'hostile' | 'missing' | 'failed';

  constructor(problem: PackageStoreError['problem'], detail: string) {
    super(detail);
    this.problem = problem;
  }
}

const jobSchema = z.object({ key: z.string().nullable(), files: z.array(z.string()) });
const assembledSchema = z.object({
  files: z.number(),
  start: z.array(jobSchema),
  rest: z.array(jobSchema),
});
const foundSchema = z.object({ found: z.array(z.string()) });
const adoptedSchema = z.object({ compiled: z.number() });
const listedSchema = z.object({
  packages: z.array(
    z.object({ id: z.string(), usedAt: z.number(), sizeBytes: z.number(), isUsed: z.boolean() }),
  ),
});
const problemSchema = z.object({ problem: z.enum(['hostile', 'missing', 'failed']), detail: z.string() });

export function locatePackageStore(dataDir: string): string {
  return join(dataDir, 'package-store');
}

export type PackageStore = ReturnType<typeof openPackageStore>;

/**
 * Opens the store.
 * @throws PackageStoreError from each operation
 */
export function openPackageStore(options: PackageStoreOptions) {
  const ask = <T>(operation: string, request: object, schema: z.ZodType<T>): Promise<T> =>
    askProgram(options, { operation, ...request }, schema);

  return {
    /** Returns the keys of packages that are completely stored. */
    find: async (keys: readonly string[]): Promise<Set<string>> =>
      new Set(keys.length === 0 ? [] : (await ask('find', { keys }, foundSchema)).found),
    /** Creates an environment. Returns modules without bytecode, those of dlt's start separately. */
    assemble: ({ sitePackages, ...request }: AssembleRequest) =>
      ask('assemble', { ...request, site_packages: sitePackages }, assembledSchema),
    /** Stores the bytecode that jobs have written to their folders. */
    adopt: (request: AdoptRequest) => ask('adopt', request, adoptedSchema),
    async list(): Promise<StoredPackage[]> {
      const { packages } = await ask('list', {}, listedSchema);
      return packages.map((one) => ({ ...one, usedAt: new Date(one.usedAt * 1000) }));
    },
    async remove(keys: readonly string[]): Promise<void> {
      await ask('remove', { keys }, z.object({}));
    },
  };
}

async function askProgram<T>(
  { dataDir, bootstrapDir, pythonPath }: PackageStoreOptions,
  request: object,
  schema: z.ZodType<T>,
): Promise<T> {
  const store = locatePackageStore(dataDir);
  await mkdir(store, { mode: 0o700 }).catch((error: unknown) => {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  });
  const child = spawn(pythonPath, ['-I', '-S', join(bootstrapDir, 'package_store', '__main__.py')], {
    cwd: '/',
    env: { LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl+C in the server's terminal must not interrupt an operation on the store.
    detached: true,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A program that ends early reports the reason on stderr, so ignore the broken pipe.
  child.stdin.once('error', () => undefined);
  child.stdin.end(JSON.stringify({ ...request, store }));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0)
    throw new PackageStoreError('failed', stderr.trim() || `The package store ended with ${code}.`);
  const answer: unknown = JSON.parse(stdout);
  const problem = problemSchema.safeParse(answer);
  if (problem.success) throw new PackageStoreError(problem.data.problem, problem.data.detail);
  return schema.parse(answer);
}
