import type { AttemptLimits } from '../contract/attempt-runner.ts';
import { type ControlGroups } from './control-groups.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { NetworkPlan } from './isolated-network.ts';
import type { PythonDownloads } from './python-interpreter.ts';
import type { Isolation } from './isolation.ts';

export interface EnvironmentBuilderOptions {
  dataDir: string;
  bootstrapDir: string;
  uvPath: string;
  /** Python interpreter for Pumphouse's own programs. */
  pythonPath: string;
  /** Network of builds; null means the machine's. */
  network: NetworkPlan | null;
  /** Folders to search for interpreters, in PATH format. */
  searchPath: string;
  pythonDownloads: PythonDownloads;
  isolation: Isolation;
  controlGroups: ControlGroups;
  buildLimits: AttemptLimits;
  faultPoints: FaultPoints;
}
