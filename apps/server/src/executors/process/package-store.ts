/**
 * The package store of a data folder: files by the hash of their content, which environments link to. Only the server's own program
 * (pumphouse_bootstrap/package_store) writes to it; builds and runs never see it.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { isErrorCode } from '../../platform/error-code.ts';
import type { StoredPackage } from '../executor.ts';

export interface PackageStoreOptions {
  dataDir: string;
  bootstrapDir: string;
  /** An interpreter that the machine's administrator installed, of the version that the environment has. */
  pythonPath: string;
}

/** Modules of one package that have no bytecode yet; `key` is null for what the store does not keep as a package. */
export interface CompileJob {
  key: string | null;
  files: string[];
}

/** A job that was compiled into a folder. */
export interface CompiledJob extends CompileJob {
  folder: string;
}

export interface AdoptRequest {
  /** The environment that gets the bytecode. */
  target: string;
  jobs: CompiledJob[];
  /** Who owns what the compiler has left. */
  owner: number;
  links: boolean;
}

export interface AssembleRequest {
  /** Where the environment goes; nothing may be there. */
  target: string;
  base: string;
  packages: { key: string; tree: string | null }[];
  built: string | null;
  hooks: string;
  sitePackages: string;
  /** Who owns what the build has left. */
  owner: number;
  /** Whether the environment shares files with the store: not where a run could write to them. */
  links: boolean;
}

/** `missing`: the store has lost a file of a package; it is found missing the next time. */
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

/** @throws PackageStoreError from each operation */
export function openPackageStore(options: PackageStoreOptions) {
  const ask = <T>(operation: string, request: object, schema: z.ZodType<T>): Promise<T> =>
    askProgram(options, { operation, ...request }, schema);

  return {
    /** The keys of packages that the store has whole. */
    find: async (keys: readonly string[]): Promise<Set<string>> =>
      new Set(keys.length === 0 ? [] : (await ask('find', { keys }, foundSchema)).found),
    /** Makes an environment; says which modules have no bytecode: of dlt's start, and the rest. */
    assemble: ({ sitePackages, ...request }: AssembleRequest) =>
      ask('assemble', { ...request, site_packages: sitePackages }, assembledSchema),
    /** Takes the bytecode that jobs have left in their folders. */
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
  // A program that ends early says why on stderr.
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
