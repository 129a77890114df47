import { describeNodeBehaviour } from '../node-suite.ts';
import { startInProcessCluster } from './start-cluster.ts';

describeNodeBehaviour(() => startInProcessCluster({ pods: 'containers' }));
