import { describe, expect, it } from 'vitest';
import { createPod, needsFaults, uniqueName, type GetContext, type PodLike } from './suite-pods.ts';

/** Lists: selectors and pages. */
export function describeLists(get: GetContext): void {
  const list = async (query: Record<string, string>) => {
    const { api } = get();
    return api.send('GET', `${api.path('pods')}?${new URLSearchParams(query).toString()}`);
  };
  const namesOf = (body: { items: PodLike[] }) => body.items.map(({ metadata }) => metadata.name);

  describe('lists', () => {
    it('select by labels', async () => {
      const group = uniqueName('group');
      const a = (await createPod(get(), { labels: { group, size: 's' } })).metadata.name;
      const b = (await createPod(get(), { labels: { group, size: 'm', extra: 'yes' } })).metadata.name;
      const c = (await createPod(get(), { labels: { group } })).metadata.name;
      const select = async (more: string) => {
        const { status, body } = await list({ labelSelector: `group=${group}${more}` });
        expect(status).toBe(200);
        return namesOf(body).toSorted();
      };
      const sorted = (...names: string[]) => names.toSorted();
      expect(await select('')).toEqual(sorted(a, b, c));
      expect(await select(',size=s')).toEqual([a]);
      expect(await select(',size!=s')).toEqual(sorted(b, c));
      expect(await select(',size in (s, m)')).toEqual(sorted(a, b));
      expect(await select(',size notin (s)')).toEqual(sorted(b, c));
      expect(await select(',extra')).toEqual([b]);
      expect(await select(',!size')).toEqual([c]);
      expect(await list({ labelSelector: 'a in' })).toMatchObject({
        status: 400,
        body: { reason: 'BadRequest' },
      });
    });

    it('select by fields', async () => {
      const { name } = (await createPod(get())).metadata;
      expect(namesOf((await list({ fieldSelector: `metadata.name=${name}` })).body)).toEqual([name]);
      const { cluster } = get();
      await expect
        .poll(async () => namesOf((await list({ fieldSelector: `spec.nodeName=${cluster.nodes[0]}` })).body))
        .toContain(name);
      const finished = await list({ fieldSelector: 'status.phase=Succeeded' });
      expect(namesOf(finished.body)).not.toContain(name);
      expect(await list({ fieldSelector: 'spec.restartedBy=x' })).toMatchObject({ status: 400 });
    });

    it('come in pages that show one moment', async () => {
      const { api } = get();
      const group = uniqueName('group');
      const made: string[] = [];
      for (let index = 0; index < 5; index += 1)
        made.push((await createPod(get(), { labels: { group } })).metadata.name);
      const labelSelector = `group=${group}`;
      const first = await list({ labelSelector, limit: '2' });
      expect(first.body.items).toHaveLength(2);
      // Changes between the pages are not in them.
      const late = (await createPod(get(), { labels: { group } })).metadata.name;
      const [victim = ''] = made.toSorted().slice(-1);
      await api.send('DELETE', `${api.path(`pods/${victim}`)}?gracePeriodSeconds=0`);
      const names = namesOf(first.body);
      for (let page = first; page.body.metadata.continue;) {
        page = await list({ labelSelector, limit: '2', continue: page.body.metadata.continue });
        expect(page.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
        names.push(...namesOf(page.body));
      }
      expect(names).toEqual(made.toSorted());
      expect(names).not.toContain(late);
    });

    it('answer an expired page with 410 and a way to continue', async (test) => {
      needsFaults(test, get(), 'expireHistory');
      const group = uniqueName('group');
      for (let index = 0; index < 3; index += 1) await createPod(get(), { labels: { group } });
      const labelSelector = `group=${group}`;
      const first = await list({ labelSelector, limit: '1' });
      await get().cluster.faults.expireHistory();
      const second = await list({ labelSelector, limit: '1', continue: first.body.metadata.continue });
      expect(second).toMatchObject({ status: 410, body: { reason: 'Expired', code: 410 } });
      expect(second.body.message).toMatch(/^The provided continue parameter is too old/);
      const rest = await list({ labelSelector, continue: second.body.metadata.continue });
      expect(rest.body.items).toHaveLength(2);
    });

    it('refuse a continue token that is none', async () => {
      expect(await list({ continue: 'nonsense' })).toMatchObject({
        status: 400,
        body: { reason: 'BadRequest' },
      });
    });
  });
}
