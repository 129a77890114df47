/** A cluster in a process of its own, whose pods only pretend to run, so that its work is not measured. */
import { describeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { startInProcessCluster } from '../kubernetes/in-process/start-cluster.ts';

const cluster = await startInProcessCluster({
  pods: () => ({ startMilliseconds: 20, runMilliseconds: 200, exitCode: 0 }),
  nodes: Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [
      `node-${index}`,
      { cpu: '2000', memory: '8000Gi', pods: '2000' },
    ]),
  ),
  recordsEvents: false,
});
process.send?.({
  kubeconfig: JSON.stringify(describeKubeconfig(cluster)),
  image: cluster.image,
  volumeClaim: cluster.volumeClaim,
});
process.once('disconnect', () => void cluster.remove());
