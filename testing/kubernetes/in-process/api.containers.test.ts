import { describeApiBehaviour } from '../api-suite.ts';
import { startInProcessCluster } from './start-cluster.ts';

describeApiBehaviour(() => startInProcessCluster({ pods: 'containers' }));
