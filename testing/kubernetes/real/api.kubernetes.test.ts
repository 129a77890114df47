import { describeApiBehaviour } from '../api-suite.ts';
import { startRealCluster } from './real-cluster.ts';

describeApiBehaviour(startRealCluster);
