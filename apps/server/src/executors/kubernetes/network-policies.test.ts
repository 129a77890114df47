import { expect, it } from 'vitest';
import {
  planMarkerPolicy,
  planPolicies,
  planServerPolicy,
  type NetworkSettings,
} from './network-policies.ts';

const settings: NetworkSettings = {
  server: { labels: { app: 'pumphouse' } },
  openNetworks: ['10.5.0.0/16'],
  egress: true,
  attemptsPort: 8081,
};

it('lets nothing into a pod, and only the server into an app', () => {
  expect(planMarkerPolicy('i').spec).toMatchObject({ policyTypes: ['Ingress'], ingress: [] });
  const apps = planPolicies('i', settings).find(({ metadata }) => metadata.name.includes('-apps-'));
  expect(apps?.spec).toMatchObject({
    podSelector: { matchLabels: { 'pumphouse.dev/network': 'isolated' } },
    ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'pumphouse' } } }] }],
  });
});

it('opens the internet without private networks, and open networks in addition', () => {
  const [egress] = planPolicies('i', settings);
  const text = JSON.stringify(egress?.spec);
  expect(text).toContain('"except":["10.0.0.0/8"');
  expect(text).toContain('169.254.0.0/16');
  expect(text).toContain('{"ipBlock":{"cidr":"10.5.0.0/16"}}');
  const [closed] = planPolicies('i', { ...settings, egress: false, openNetworks: [] });
  expect(JSON.stringify(closed?.spec)).not.toContain('0.0.0.0/0');
  // Other rules have another name, so that no policy with older rules is taken for a new one.
  expect(closed?.metadata.name).not.toBe(egress?.metadata.name);
});

it('lets runs call the server at the port for runs only', () => {
  const byAddress = planServerPolicy('i', settings, 'http://10.0.0.5:9000')?.spec;
  expect(byAddress).toMatchObject({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0.5/32' } }] }] });
  const byName = planServerPolicy('i', settings, 'http://pumphouse:80')?.spec;
  expect(byName).toMatchObject({
    egress: [
      {
        to: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'pumphouse' } } }],
        ports: [
          { protocol: 'TCP', port: 80 },
          { protocol: 'TCP', port: 8081 },
        ],
      },
    ],
  });
  expect(planServerPolicy('i', { ...settings, server: null }, 'http://pumphouse')).toBeNull();
});
