/** Plans what pods may connect to, and from where they can be reached. Pure; the cluster's network enforces it. */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { KubeObject } from './kube-objects.ts';
import { internalNetworks, internalNetworksV6 } from '../../platform/special-networks.ts';
import { labels, labelsOf, shortInstallation } from './names.ts';

/** How the pods of this server are recognized: by labels, or as networks if it is outside the cluster. */
export type ServerPeers = { labels: Record<string, string> } | { networks: string[] };

export interface NetworkSettings {
  server: ServerPeers | null;
  /** Networks that runs may reach although they are private. */
  openNetworks: string[];
  /** False: only this server and open networks. */
  egress: boolean;
  /** The port of the server for runs, as its pods listen on it. */
  attemptsPort: number;
}

export interface NetworkPolicy extends KubeObject {
  spec: Record<string, unknown>;
}

/** Names of policies: the first one also marks the namespace, by its uid. */
export function markerPolicyName(installationId: string): string {
  return `pumphouse-${shortInstallation(installationId)}`;
}

/** Lets nothing in. It never changes. */
export function planMarkerPolicy(installationId: string): NetworkPolicy {
  return plan(markerPolicyName(installationId), installationId, {
    podSelector: select(installationId),
    policyTypes: ['Ingress'],
    ingress: [],
  });
}

/** What depends on settings. A policy with other rules has another name. */
export function planPolicies(installationId: string, settings: NetworkSettings): NetworkPolicy[] {
  return [planEgress(installationId, settings), ...planAppIngress(installationId, settings)];
}

function planEgress(installationId: string, { openNetworks, egress }: NetworkSettings): NetworkPolicy {
  const dns = {
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  };
  const internet = egress
    ? [
        {
          // The API server, the database and other services of the cluster are in internal networks.
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: internalNetworks } },
            { ipBlock: { cidr: '::/0', except: internalNetworksV6 } },
          ],
        },
      ]
    : [];
  const open = openNetworks.length === 0 ? [] : [{ to: openNetworks.map((cidr) => ({ ipBlock: { cidr } })) }];
  return planNamed('egress', installationId, {
    podSelector: select(installationId),
    policyTypes: ['Egress'],
    egress: [dns, ...internet, ...open],
  });
}

/** Only the server, whose proxy checks users, connects to an app. */
function planAppIngress(installationId: string, { server }: NetworkSettings): NetworkPolicy[] {
  if (server === null) return [];
  return [
    planNamed('apps', installationId, {
      podSelector: select(installationId, { [labels.network]: 'isolated' }),
      policyTypes: ['Ingress'],
      ingress: [{ from: listPeers(server) }],
    }),
  ];
}

/** Lets runs call the server at the address that they get. */
export function planServerPolicy(
  installationId: string,
  { server, attemptsPort }: NetworkSettings,
  attemptsUrl: string,
): NetworkPolicy | null {
  const { hostname, port, protocol } = new URL(attemptsUrl);
  const address = hostname.replaceAll(/^\[|\]$/g, '');
  const family = isIP(address);
  const peers =
    family !== 0
      ? [{ ipBlock: { cidr: `${address}/${family === 4 ? 32 : 128}` } }]
      : server === null
        ? null
        : listPeers(server);
  if (peers === null) return null;
  const urlPort = Number(port) || (protocol === 'https:' ? 443 : 80);
  // Behind a Service, the port of the pods counts.
  const ports = [...new Set([urlPort, attemptsPort])].map((each) => ({ protocol: 'TCP', port: each }));
  return planNamed('server', installationId, {
    podSelector: select(installationId),
    policyTypes: ['Egress'],
    egress: [{ to: peers, ports }],
  });
}

function listPeers(server: ServerPeers): object[] {
  // The server may be in another namespace than runs, whose code cannot create pods with these labels.
  if ('labels' in server) return [{ namespaceSelector: {}, podSelector: { matchLabels: server.labels } }];
  return server.networks.map((cidr) => ({ ipBlock: { cidr } }));
}

function select(installationId: string, more: Record<string, string> = {}) {
  const { [labels.installation]: own = '' } = labelsOf(installationId, 'network');
  return { matchLabels: { [labels.installation]: own, ...more } };
}

function planNamed(purpose: string, installationId: string, spec: Record<string, unknown>): NetworkPolicy {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 8);
  return plan(`${markerPolicyName(installationId)}-${purpose}-${hash}`, installationId, spec);
}

function plan(name: string, installationId: string, spec: Record<string, unknown>): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels: labelsOf(installationId, 'network') },
    spec,
  };
}
