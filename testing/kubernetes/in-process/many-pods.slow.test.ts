import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { describePod, scripts } from '../suite/suite-pods.ts';
import { startInProcessCluster, type InProcessCluster } from './start-cluster.ts';

const podCount = 10_000;
const concurrency = 32;

let cluster: InProcessCluster;
beforeAll(async () => {
  cluster = await startInProcessCluster({
    pods: () => ({ startMilliseconds: 20, runMilliseconds: 200, exitCode: 0 }),
    nodes: Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [
        `node-${index}`,
        { cpu: '64', memory: '256Gi', pods: '2000' },
      ]),
    ),
    recordsEvents: false,
  });
});
afterAll(() => cluster.remove());

it('runs 10,000 pods, shows each end to a watch, and lists them in pages', async () => {
  const api = new ApiClient(cluster);
  const watch = await api.watch(`${api.path('pods')}?resourceVersion=0&allowWatchBookmarks=true`);
  const finished = new Set<string>();
  const watched = (async () => {
    while (finished.size < podCount) {
      const event = await watch.next();
      if (event === null) throw new Error(`The watch ended after ${finished.size} pods.`);
      if (event.object.status?.phase === 'Succeeded') finished.add(event.object.metadata.name);
    }
  })();
  let next = 0;
  const create = async () => {
    while (next < podCount) {
      next += 1;
      const body = describePod({ cluster, api }, { script: scripts.succeeds });
      const { status } = await api.send('POST', api.path('pods'), { body });
      if (status !== 201) throw new Error(`A pod was refused with ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, create));
  await watched;
  watch.close();

  const listed = new Set<string>();
  for (let token: string | undefined = ''; token !== undefined;) {
    const query = `limit=500&labelSelector=test-suite${token === '' ? '' : `&continue=${token}`}`;
    const { body } = await api.send('GET', `${api.path('pods')}?${query}`);
    for (const { metadata } of body.items as { metadata: { name: string } }[]) listed.add(metadata.name);
    token = (body.metadata as { continue?: string }).continue;
  }
  expect(listed).toEqual(finished);

  const query = 'labelSelector=test-suite&fieldSelector=status.phase%3DSucceeded';
  expect(await api.send('DELETE', `${api.path('pods')}?${query}`)).toMatchObject({ status: 200 });
  expect((await api.send('GET', api.path('pods'))).body.items).toEqual([]);
});
