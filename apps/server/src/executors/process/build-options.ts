import type { AttemptLimits } from '../executor.ts';
import { type ControlGroups } from './control-groups.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { NetworkPlan } from './isolated-network.ts';
import type { Isolation } from './isolation.ts';

export interface EnvironmentBuilderOptions {
  dataDir: string;
  bootstrapDir: string;
  uvPath: string;
  /** Interpreter of our own programs. */
  pythonPath: string;
  /** Of builds; null: the machine's. */
  network: NetworkPlan | null;
  /** Folders where interpreters are looked for, as in PATH. */
  searchPath: string;
  isolation: Isolation;
  controlGroups: ControlGroups;
  buildLimits: AttemptLimits;
  faultPoints: FaultPoints;
}
