import type { BlobStore } from '../../blobs/blob-store.ts';
import type { DeploymentRecord, JobRecord, PackageFile } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { JobInputs } from '../../domain/inputs/job-inputs.ts';
import { LRUCache } from 'lru-cache';
import { chooseInputUse, describeJobInputs } from '../../domain/inputs/job-inputs.ts';
import { maxModuleBytes, readCodeFiles } from '../versions/read-code-files.ts';
import { readSignature, type Signature } from '../../domain/inputs/read-signature.ts';

type JobCode = Pick<JobRecord, 'definition' | 'workspaceId'>;

export type ReadJobInputs = ReturnType<typeof createReadJobInputs>;

const maxSignatures = 2000;

/**
 * Creates the use case that reads the inputs of jobs from the latest code of their workspace, when they are first
 * asked for. Deployments never change, and a rollback is a new one, so signatures are cached by deployment.
 */
export function createReadJobInputs({
  persistence: { store },
  blobs,
}: {
  persistence: Persistence<'deployments'>;
  blobs: BlobStore;
}) {
  const known = new LRUCache<string, { signature: Signature | null }>({ max: maxSignatures });

  async function readModules(
    deployment: DeploymentRecord,
    modules: readonly string[],
  ): Promise<Map<string, string>> {
    const files = (await store.deployments.files(deployment.workspaceId, deployment.id)) ?? [];
    const paths = new Map(modules.map((module) => [module, findModule(files, module)]));
    const wanted = new Set([...paths.values()].filter((path) => path !== undefined));
    const contents = await readCodeFiles(blobs, deployment, wanted);
    return new Map(
      [...paths].flatMap(([module, path]) => {
        const content = contents.get(path ?? '');
        return content ? [[module, content.toString()] as const] : [];
      }),
    );
  }

  /** @returns the inputs of each job, in the same order */
  return async function readJobInputs(workspaceId: string, jobs: readonly JobCode[]): Promise<JobInputs[]> {
    const functions = jobs.filter(({ definition }) => chooseInputUse(definition) === 'parameters');
    const deployment = functions.length === 0 ? undefined : await store.deployments.latest(workspaceId);
    if (!deployment) return jobs.map(({ definition }) => describeJobInputs(definition, null));
    const keyOf = ({ definition: { entry_point: entry } }: JobCode) =>
      JSON.stringify([deployment.id, entry.module, entry.function]);
    const missing = functions.filter((job) => !known.has(keyOf(job)));
    const sources = await readModules(deployment, [
      ...new Set(missing.map(({ definition }) => definition.entry_point.module)),
    ]);
    for (const job of missing) {
      const { module, function: name } = job.definition.entry_point;
      const source = sources.get(module);
      const signature = source === undefined || name === null ? null : readSignature(source, name);
      known.set(keyOf(job), { signature });
    }
    return jobs.map((job) =>
      describeJobInputs(
        job.definition,
        functions.includes(job) ? (known.get(keyOf(job))?.signature ?? null) : null,
      ),
    );
  };
}

/** Finds the file of a module from the folder of the workspace, which runs have on their path. */
function findModule(files: readonly PackageFile[], module: string): string | undefined {
  const path = module.replaceAll('.', '/');
  const candidates = [`${path}/__init__.py`, `${path}.py`];
  const isReadable = ({ linkname, size_bytes: bytes }: PackageFile) =>
    linkname === undefined && bytes <= maxModuleBytes;
  return candidates.find((candidate) =>
    files.some((file) => file.relative_path === candidate && isReadable(file)),
  );
}
