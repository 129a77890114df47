import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Authority } from './authority.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import { ClusterProcess } from './cluster-process.ts';
import { KubeClient } from './kube-client.ts';

/** etcd, the API server, the controllers and the scheduler. */
export interface ControlPlane {
  /** The API server itself, without the proxy that causes faults. */
  url: string;
  admin: KubeClient;
  adminToken: string;
  kubeconfigFile: string;
  apiServer: ClusterProcess;
  controllerManager: ClusterProcess;
  /** Removes older revisions of all objects from etcd. */
  compactHistory(): Promise<void>;
}

interface ControlPlanePlan {
  /** The folder of Kubernetes' programs. */
  programs: string;
  folder: string;
  network: ClusterNetwork;
  authority: Authority;
}

export async function startControlPlane(plan: ControlPlanePlan): Promise<ControlPlane> {
  const { programs, folder, network, authority } = plan;
  const url = `https://${network.addresses.controlPlane}:6443`;
  const adminToken = randomBytes(24).toString('hex');
  const admin = new KubeClient({ url, certificate: authority.certificate, token: adminToken });
  const kubeconfigFile = join(folder, 'kubeconfig.json');
  await writeFile(kubeconfigFile, kubeconfig(url, authority.certificateFile, adminToken));
  await writeFile(join(folder, 'tokens.csv'), `${adminToken},admin,admin,system:masters\n`);

  const { enter } = network.controlPlane;
  const start = async (name: string, command: string[], isReady: () => Promise<boolean>) => {
    const logFile = join(folder, `${name}.log`);
    const started = new ClusterProcess({ name, command: [...enter, ...command], logFile, isReady });
    await started.start();
    return started;
  };
  const etcdctl = (...args: string[]) => {
    const [program, ...before] = enter;
    return promisify(execFile)(program, [...before, 'etcdctl', ...args]);
  };
  await mkdir(join(folder, 'etcd'), { mode: 0o700 });
  await start('etcd', etcdCommand(folder), () => succeeds(etcdctl('endpoint', 'health')));
  const isServing = () =>
    admin.ask('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  const apiServer = await start('kube-apiserver', apiServerCommand(plan), isServing);
  const withAccess = (name: string, ...args: string[]) => {
    const access = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'];
    return [join(programs, name), ...access.map((flag) => `--${flag}=${kubeconfigFile}`), ...args];
  };
  const always = () => Promise.resolve(true);
  const controllerManager = await start(
    'kube-controller-manager',
    withAccess('kube-controller-manager', ...controllerOptions(authority)),
    always,
  );
  await start('kube-scheduler', withAccess('kube-scheduler', '--leader-elect=false', '--port=0'), always);
  return {
    url,
    admin,
    adminToken,
    kubeconfigFile,
    apiServer,
    controllerManager,
    compactHistory: async () => {
      const { stdout } = await etcdctl('endpoint', 'status', '--write-out=json');
      const [status] = JSON.parse(stdout) as { Status: { header: { revision: number } } }[];
      await etcdctl('compact', String(status?.Status.header.revision));
    },
  };
}

const etcdCommand = (folder: string) => [
  'etcd',
  `--data-dir=${join(folder, 'etcd')}`,
  // The data of a test need not survive a crash of this machine.
  '--unsafe-no-fsync',
  '--log-level=warn',
];

function apiServerCommand({ programs, folder, network, authority }: ControlPlanePlan): string[] {
  const { addresses } = network;
  return [
    join(programs, 'kube-apiserver'),
    '--etcd-servers=http://127.0.0.1:2379',
    '--etcd-compaction-interval=0',
    '--bind-address=0.0.0.0',
    `--advertise-address=${addresses.controlPlane}`,
    '--secure-port=6443',
    `--tls-cert-file=${authority.serverCertificateFile}`,
    `--tls-private-key-file=${authority.serverKeyFile}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--anonymous-auth=false',
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${authority.accountKeyFile}`,
    `--service-account-signing-key-file=${authority.accountKeyFile}`,
    `--service-cluster-ip-range=${addresses.services}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--enable-admission-plugins=ResourceQuota,LimitRanger,Priority,DefaultTolerationSeconds,TaintNodesByCondition',
    // A pod of a lost node is deleted as soon as the node is known to be unreachable.
    '--default-not-ready-toleration-seconds=1',
    '--default-unreachable-toleration-seconds=1',
  ];
}

const controllerOptions = (authority: Authority) => [
  '--leader-elect=false',
  '--port=0',
  `--service-account-private-key-file=${authority.accountKeyFile}`,
  `--root-ca-file=${authority.certificateFile}`,
  '--node-monitor-period=1s',
  // Otherwise 0.1 nodes a second.
  '--node-eviction-rate=10',
  // Kubelets report every 2 s (cluster-node.ts): a busy machine must not lose a node.
  '--node-monitor-grace-period=20s',
  '--pvclaimbinder-sync-period=1s',
];

function kubeconfig(server: string, certificateFile: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': certificateFile } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

function succeeds(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
