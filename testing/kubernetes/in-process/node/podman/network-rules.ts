import type { KubeObject } from '../../api-server/kube-object.ts';
import { matchesLabelSelector, type LabelSelector } from '../../api-server/selectors.ts';

export interface NetworkPolicy extends KubeObject {
  spec: {
    podSelector?: LabelSelector;
    policyTypes?: string[];
    ingress?: { from?: PolicyPeer[]; ports?: PolicyPort[] }[];
    egress?: { to?: PolicyPeer[]; ports?: PolicyPort[] }[];
  };
}

interface PolicyPeer {
  ipBlock?: { cidr: string; except?: string[] };
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
}

interface PolicyPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

/** A pod that has an address. */
interface AddressedPod {
  ip: string;
  labels: Record<string, string>;
}

interface RuleInput {
  table: string;
  bridge: string;
  /** All of one namespace. */
  pods: AddressedPod[];
  policies: NetworkPolicy[];
  namespaceLabels: Record<string, string>;
}

/** Writes the packet filter's table that enforces policies between pods, and from pods to elsewhere. Pure. */
export function writeNetworkRules(input: RuleInput): string {
  const chains = input.pods.flatMap((pod) => [
    ...writeChain(input, pod, 'Egress'),
    ...writeChain(input, pod, 'Ingress'),
  ]);
  const jumps = chains.map(({ jump }) => jump);
  // Replaced in one transaction, so that no packet passes in between.
  return [
    `table ip ${input.table}`,
    `delete table ip ${input.table}`,
    `table ip ${input.table} {`,
    'chain forward { type filter hook forward priority -5; policy accept; jump pods; }',
    // This machine reaches every pod, as nodes do, so only what pods send to it is filtered.
    `chain input { type filter hook input priority -5; policy accept; iifname "${input.bridge}" jump pods; }`,
    'chain pods {',
    'ct state established,related return',
    ...jumps,
    '}',
    ...chains.map(({ text }) => text),
    '}',
    // Pods have no IPv6 but what their interfaces make for their own link, which no policy can name.
    `table ip6 ${input.table}`,
    `delete table ip6 ${input.table}`,
    `table ip6 ${input.table} {`,
    `chain forward { type filter hook forward priority -5; policy accept; iifname "${input.bridge}" oifname "${input.bridge}" drop; }`,
    '}',
  ].join('\n');
}

type Direction = 'Ingress' | 'Egress';

/** The chain of a pod that a policy isolates. What it does not let pass, it drops. */
function writeChain(input: RuleInput, pod: AddressedPod, direction: Direction) {
  const isolating = input.policies.filter(
    ({ spec }) =>
      matchesLabelSelector(spec.podSelector ?? {}, pod.labels) && typesOf(spec).includes(direction),
  );
  if (isolating.length === 0) return [];
  const name = `${direction.toLowerCase()}_${pod.ip.replaceAll('.', '_')}`;
  const [own, other] =
    direction === 'Ingress' ? (['daddr', 'saddr'] as const) : (['saddr', 'daddr'] as const);
  const rules = isolating.flatMap(({ spec }) => {
    const ingress = (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
    const egress = (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return direction === 'Ingress' ? ingress : egress;
  });
  const allowed = rules.flatMap(({ peers, ports }) =>
    listPeers(input, peers, other).flatMap((peer) =>
      listPorts(ports).map((port) => `${peer} ${port} return`),
    ),
  );
  return [
    {
      jump: `ip ${own} ${pod.ip} jump ${name}`,
      text: [`chain ${name} {`, ...allowed, 'drop', '}'].join('\n'),
    },
  ];
}

function typesOf({ policyTypes, egress }: NetworkPolicy['spec']): string[] {
  return policyTypes ?? (egress === undefined ? ['Ingress'] : ['Ingress', 'Egress']);
}

/** Matches of the other side's address. */
function listPeers(input: RuleInput, peers: PolicyPeer[] | undefined, side: 'saddr' | 'daddr'): string[] {
  if (peers === undefined || peers.length === 0) return [''];
  return peers.flatMap(({ ipBlock, podSelector, namespaceSelector }) => {
    if (ipBlock !== undefined) return matchBlock(ipBlock, side);
    if (namespaceSelector && !matchesLabelSelector(namespaceSelector, input.namespaceLabels)) return [];
    return input.pods
      .filter(({ labels }) => matchesLabelSelector(podSelector ?? {}, labels))
      .map(({ ip }) => `ip ${side} ${ip}`);
  });
}

function matchBlock({ cidr, except = [] }: { cidr: string; except?: string[] }, side: string): string[] {
  // Pods have no IPv6 here.
  if (cidr.includes(':')) return [];
  const others = except.filter((one) => !one.includes(':'));
  // To the packet filter, 0.0.0.0/0 is no address.
  const within = cidr === '0.0.0.0/0' ? '' : `ip ${side} ${cidr}`;
  return [others.length === 0 ? within : `${within} ip ${side} != { ${others.join(', ')} }`];
}

function listPorts(ports: PolicyPort[] | undefined): string[] {
  if (ports === undefined || ports.length === 0) return [''];
  return ports.map(({ protocol = 'TCP', port, endPort }) => {
    const name = protocol.toLowerCase();
    if (port === undefined) return `ip protocol ${name}`;
    return `${name} dport ${endPort === undefined ? port : `${port}-${endPort}`}`;
  });
}
