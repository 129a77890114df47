import type { ListedWorker } from '@pumphouse/server/operator';
import {
  createOrganizationLimits,
  createWorkers,
  deriveWorkerState,
  formatLabels,
} from '@pumphouse/server/operator';
import { formatTable } from './table.ts';
import { withStore } from './admin.ts';

/** Prints only the token to standard output. */
export async function createWorker(options: { name: string; organization?: string }): Promise<void> {
  const { worker, token } = await withStore(async (persistence) => {
    const organization =
      options.organization === undefined
        ? null
        : await createOrganizationLimits(persistence).find(options.organization);
    return createWorkers(persistence).create(organization?.id ?? null, options.name);
  });
  process.stderr.write(
    `Created worker ${worker.name}, which runs jobs of ${options.organization ?? 'every organization'}. Its token is shown only here:\n`,
  );
  process.stdout.write(`${token}\n`);
}

export async function listWorkers(options: { json?: boolean }): Promise<void> {
  const workers = await withStore((persistence) => createWorkers(persistence).listAll());
  if (options.json) return void process.stdout.write(`${JSON.stringify(workers, null, 2)}\n`);
  const rows = workers.map((worker) => [
    worker.name,
    deriveWorkerState(worker),
    formatLabels(worker.labels),
    `${worker.activeRuns}`,
    worker.hostName ?? '',
    worker.version ?? '',
    worker.seenAt?.toISOString() ?? '',
    worker.organizationId ?? 'all',
    worker.id,
  ]);
  const head = ['NAME', 'STATE', 'LABELS', 'RUNS', 'HOST', 'VERSION', 'LAST SEEN', 'ORGANIZATION', 'ID'];
  process.stdout.write(formatTable([head, ...rows]));
}

/** Prints only the token to standard output. */
export async function replaceWorkerToken(idOrName: string): Promise<void> {
  const { token } = await changeWorker(idOrName, (workers, { organizationId, id }) =>
    workers.replaceToken(organizationId, id),
  );
  process.stdout.write(`${token}\n`);
}

export async function setWorkerMode(idOrName: string, mode: 'active' | 'paused' | 'draining'): Promise<void> {
  const worker = await changeWorker(idOrName, (workers, { organizationId, id }) =>
    workers.setMode(organizationId, id, mode),
  );
  process.stderr.write(`${worker.name}: ${deriveWorkerState(worker)}.\n`);
}

export async function removeWorker(idOrName: string): Promise<void> {
  await changeWorker(idOrName, (workers, { organizationId, id }) => workers.remove(organizationId, id));
}

/** Finds a worker by its id, or by its name if only one has it. */
function changeWorker<T>(
  idOrName: string,
  work: (workers: ReturnType<typeof createWorkers>, worker: ListedWorker) => Promise<T>,
): Promise<T> {
  return withStore(async (persistence) => {
    const workers = createWorkers(persistence);
    const found = (await workers.listAll()).filter(({ id, name }) => id === idOrName || name === idOrName);
    const [worker, ...others] = found;
    if (!worker) throw new Error(`There is no worker ${idOrName}. admin list-workers shows all.`);
    if (others.length > 0) throw new Error(`Several workers have the name ${idOrName}. Give the id of one.`);
    return work(workers, worker);
  });
}
