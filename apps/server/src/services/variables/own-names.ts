import type { Store } from '../../store/store.ts';

/** A workspace with more names shows the others masked in logs if a secrets file has them as values. */
const maxNames = 20_000;

/** Lists the names that a workspace shows, with the top-level files and modules of its code. */
export async function listOwnNames(
  store: Pick<Store, 'dataSearch' | 'deployments'>,
  { workspaceId, deploymentId }: { workspaceId: string; deploymentId: string | null },
): Promise<string[]> {
  const [names, files] = await Promise.all([
    store.dataSearch.listOwnNames(workspaceId, maxNames),
    deploymentId === null ? undefined : store.deployments.files(workspaceId, deploymentId),
  ]);
  const topLevel = (files ?? []).map(({ relative_path: path }) => path.split('/', 1)[0] ?? '');
  return [...names, ...new Set(topLevel)];
}
