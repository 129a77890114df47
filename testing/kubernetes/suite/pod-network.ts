import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  createPod,
  describeContainer,
  readPod,
  runScript,
  uniqueName,
  untilPhase,
  type GetContext,
} from './suite-pods.ts';

/** What pods reach, and from where they can be reached. */
export function describePodNetwork(get: GetContext): void {
  describe('the network of pods', () => {
    it('runs the containers of a pod with one network', async () => {
      const serve = 'exec python3 -m http.server 8123 --directory /etc';
      const main =
        'until python3 -c "import urllib.request as r; r.urlopen(\'http://127.0.0.1:8123/hostname\')"; do sleep 0.2; done';
      const both = await createPod(get(), {
        spec: {
          activeDeadlineSeconds: 60,
          containers: [describeContainer(get(), 'serve', serve), describeContainer(get(), 'main', main)],
        },
      });
      await expect
        .poll(async () => {
          const { containerStatuses } = (await readPod(get(), both.metadata.name)).body.status;
          return containerStatuses?.find((one: { name: string }) => one.name === 'main')?.state.terminated
            ?.exitCode;
        })
        .toBe(0);
    });

    it('lets pods reach this machine, and this machine pods', async (test) => {
      test.skip(!get().cluster.reachesPods, 'this process does not reach pods');
      const { port, close } = await listen();
      try {
        const url = `http://${get().cluster.hostAddressForPods}:${port}/`;
        const ask = `python3 -c "import urllib.request as r; print(r.urlopen('${url}').read().decode())"`;
        expect(await runScript(get(), ask)).toBe('from here\n');
        const { name } = (
          await createPod(get(), { script: 'exec python3 -m http.server 8080 --directory /etc' })
        ).metadata;
        const { status } = await untilPhase(get(), name, 'Running');
        await expect.poll(() => fetchText(`http://${status.podIP}:8080/hostname`)).toBe(`${name}\n`);
      } finally {
        close();
      }
    });

    it('enforces network policies between pods', async (test) => {
      test.skip(!get().cluster.capabilities.networkPolicies, 'this cluster enforces no NetworkPolicies');
      const { api } = get();
      const app = uniqueName('app');
      const policy = {
        metadata: { name: app },
        spec: {
          podSelector: { matchLabels: { app } },
          policyTypes: ['Ingress'],
          ingress: [
            {
              from: [{ podSelector: { matchLabels: { visits: app } } }],
              ports: [{ protocol: 'TCP', port: 8080 }],
            },
          ],
        },
      };
      const path = api.path('networkpolicies', 'networking.k8s.io');
      expect(await api.send('POST', path, { body: policy })).toMatchObject({ status: 201 });
      const served = await createPod(get(), {
        labels: { app },
        script: 'exec python3 -m http.server 8080 --directory /etc',
      });
      const { status } = await untilPhase(get(), served.metadata.name, 'Running');
      await expect.poll(() => fetchText(`http://${status.podIP}:8080/hostname`)).toContain('pod-');
      const visit = `python3 -c "
import urllib.request as r
try: print('reached', len(r.urlopen('http://${status.podIP}:8080/hostname', timeout=3).read()) > 0)
except OSError as error: print('refused', type(error).__name__)"`;
      expect(await runScript(get(), visit, { labels: { visits: app } })).toBe('reached True\n');
      expect(await runScript(get(), visit)).toMatch(/^refused /);
      await api.send('DELETE', `${path}/${app}`);
      await expect.poll(() => runScript(get(), visit)).toBe('reached True\n');
    });

    it('enforces network policies of what pods reach', async (test) => {
      const { api, cluster } = get();
      test.skip(!cluster.capabilities.networkPolicies, 'this cluster enforces no NetworkPolicies');
      const [open, closed] = [await listen(), await listen()];
      const group = uniqueName('group');
      const everywhere = { ipBlock: { cidr: '0.0.0.0/0', except: ['192.0.2.0/24'] } };
      const spec = {
        podSelector: { matchLabels: { group } },
        policyTypes: ['Egress'],
        egress: [{ to: [everywhere], ports: [{ protocol: 'TCP', port: open.port }] }],
      };
      const path = api.path('networkpolicies', 'networking.k8s.io');
      await api.send('POST', path, { body: { metadata: { name: group }, spec } });
      const visit = ({ port }: { port: number }) =>
        `python3 -c "import urllib.request as r; print(r.urlopen('http://${cluster.hostAddressForPods}:${port}/', timeout=3).status)" 2>&1 | tail -1`;
      try {
        expect(await runScript(get(), visit(open), { labels: { group } })).toBe('200\n');
        expect(await runScript(get(), visit(closed), { labels: { group } })).toMatch(/timed out/);
        expect(await runScript(get(), visit(closed))).toBe('200\n');
      } finally {
        for (const { close } of [open, closed]) close();
        await api.send('DELETE', `${path}/${group}`);
      }
    });
  });
}

const fetchText = async (url: string) => (await fetch(url)).text().catch(() => '');

/** Serves "from here" on all addresses of this machine. */
async function listen(): Promise<{ port: number; close: () => void }> {
  const server = createServer((_, response) => response.end('from here'));
  await once(server.listen(0, '0.0.0.0'), 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
