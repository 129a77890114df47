import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { takeSlot } from '../../fixtures/engine-slot.ts';
import type { TestCluster } from '../cluster.ts';
import { ApiProxy } from './api-proxy.ts';
import { makeAuthority } from './authority.ts';
import { ClusterNodes } from './cluster-nodes.ts';
import { openClusterNetwork } from './cluster-network.ts';
import { startControlPlane } from './control-plane.ts';
import { prepareNodeImages, runImage } from './images.ts';
import { findKubernetes } from './programs.ts';
import { RealFaults, listSupportedFaults } from './real-faults.ts';
import { createTestNamespace, namespace, volumeClaim } from './test-namespace.ts';

/** Starts a control plane and two nodes on this machine, without anything that other tests or users see. */
export async function startRealCluster(): Promise<TestCluster> {
  const programs = await findKubernetes();
  const imagesFile = await prepareNodeImages();
  await using stack = new AsyncDisposableStack();
  const slot = await takeSlot();
  stack.defer(() => slot.release());
  const network = await openClusterNetwork(slot);
  stack.defer(() => network.close());
  const { host, controlPlane: address } = network.addresses;
  const authority = await makeAuthority(slot.folder, [address, '127.0.0.1']);
  const controlPlane = await startControlPlane({ programs, folder: slot.folder, network, authority });
  const { admin, kubeconfigFile } = controlPlane;

  const nodes = new ClusterNodes({ programs, slot, network, admin, kubeconfigFile, imagesFile });
  stack.defer(() => nodes.end());
  await nodes.startAll();
  const sharedFolder = join(slot.folder, 'shared');
  await mkdir(sharedFolder);
  // Pods run as ordinary users.
  await chmod(sharedFolder, 0o777);
  const token = await createTestNamespace(admin, sharedFolder);
  const proxy = await ApiProxy.start(controlPlane.url, authority);
  stack.defer(() => proxy.close());
  const faults = new RealFaults({ controlPlane, network, nodes, proxy });
  const end = stack.move();
  return {
    connection: { apiUrl: proxy.url, caCertificate: authority.certificate, token, namespace },
    adminToken: controlPlane.adminToken,
    hostAddressForPods: host,
    image: runImage,
    volumeClaim,
    reachesPods: true,
    nodes: nodes.names,
    capabilities: {
      disruptionTarget: false,
      podSecurity: false,
      networkPolicies: false,
      containers: true,
      faults: listSupportedFaults(faults),
    },
    faults,
    remove: () => end.disposeAsync(),
  };
}
