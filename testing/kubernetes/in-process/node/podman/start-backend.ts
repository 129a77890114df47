import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine } from '@pumphouse/server/executors/docker/engine.ts';
import { startTestEngine } from '../../../../fixtures/container-engine.ts';
import { runnerImageName } from '../../../../fixtures/engine-images.ts';
import type { ClusterState } from '../../api-server/cluster-state.ts';
import type { Engine } from './container-log.ts';
import { NetworkEnforcer } from './network-enforcer.ts';
import { openPodNetwork } from './pod-network.ts';
import { PodmanRuntime } from './podman-runtime.ts';

const image = runnerImageName('3.13');

/** Starts a Podman of its own that runs the pods of a cluster. */
export async function startPodmanBackend(state: ClusterState, missingImages: ReadonlySet<string>) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-kubernetes-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'empty'));
  const started = await startTestEngine('podman');
  stack.defer(() => started.close());
  // Without a timeout: a call waits for the end of a container.
  const engine = await connectEngine({ url: started.url, tls: null }, 0);
  const bridge = `phk${started.addressPrefix.split('.')[1]}`;
  const network = await openPodNetwork(engine, bridge);
  await holdBridge(engine, network.name);
  const enforcer = new NetworkEnforcer(state, bridge);
  stack.defer(() => enforcer.close());
  const hostIP = network.gateway;
  const end = stack.move();
  return {
    runtime: new PodmanRuntime({ state, engine, network, enforcer, folder, hostIP, missingImages }),
    hostAddress: network.gateway,
    image,
    reachesPods: true,
    enforcesNetworkPolicies: await NetworkEnforcer.isPossible(),
    close: () => end.disposeAsync(),
  };
}

/** The bridge exists, and with it this machine's address for pods, only while a container uses it. */
async function holdBridge(engine: Engine, network: string): Promise<void> {
  const holder = await engine.createContainer({
    name: 'pumphouse-bridge-holder',
    Image: image,
    Entrypoint: ['sleep'],
    Cmd: ['infinity'],
    HostConfig: { NetworkMode: network },
  });
  await holder.start();
}
