import { describeApiBehaviour } from '../api-suite.ts';
import { pretendScript } from './pretend-script.ts';
import { startInProcessCluster } from './start-cluster.ts';

describeApiBehaviour(() => startInProcessCluster({ pods: pretendScript }));
