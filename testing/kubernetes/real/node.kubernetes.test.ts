import { describeNodeBehaviour } from '../node-suite.ts';
import { startRealCluster } from './real-cluster.ts';

describeNodeBehaviour(startRealCluster);
