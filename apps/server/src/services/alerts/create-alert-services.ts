import type { Clock } from '../scheduling/clock.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { ReadOrganizationStorage } from '../workspaces/read-organization-storage.ts';
import type { ReadFreshness } from '../pipelines/read-freshness.ts';
import type { ReadTickLag } from '../scheduling/read-tick-lag.ts';
import { createAlertIncidents } from './alert-incidents.ts';
import { createAlertRules } from './alert-rules.ts';
import { createEvaluateAlerts } from './evaluate-alerts.ts';
import { createObserveConditions } from './observe-conditions.ts';
import { createPreviewRule } from './preview-rule.ts';
import { createRemoveOldIncidents } from './remove-old-incidents.ts';
import { createNotifyIncidents } from './notify-incidents.ts';
import { enqueueAlert } from './enqueue-alert.ts';

/** Long enough to send one message about jobs that fail for one cause, and short enough for a person on call. */
const defaultGatherMs = 15_000;

/** Creates the services of alert rules and incidents. */
export function createAlertServices({
  persistence,
  readFreshness,
  readOrganizationStorage,
  readTickLag,
  publicUrl,
  gatherMs = defaultGatherMs,
  instruments,
  faultPoints,
  clock,
  log,
}: {
  persistence: Persistence;
  readFreshness: ReadFreshness;
  readOrganizationStorage: ReadOrganizationStorage;
  readTickLag: ReadTickLag;
  publicUrl: () => string;
  gatherMs?: number | undefined;
  instruments: Instruments;
  faultPoints: FaultPoints;
  clock: Clock;
  log: Logger;
}) {
  const alertRules = createAlertRules(persistence, clock);
  return {
    alertRules,
    alertIncidents: createAlertIncidents(persistence, clock),
    previewRule: createPreviewRule({ persistence, alertRules, clock }),
    evaluateAlerts: createEvaluateAlerts({
      persistence,
      observeConditions: createObserveConditions({
        persistence,
        readFreshness,
        readOrganizationStorage,
        readTickLag,
      }),
      notifyIncidents: createNotifyIncidents({ enqueueAlert, publicUrl, gatherMs }),
      instruments,
      faultPoints,
      clock,
      log,
    }),
    removeOldIncidents: createRemoveOldIncidents(persistence, clock),
  };
}
