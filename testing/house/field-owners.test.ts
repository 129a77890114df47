import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { routes } from '@pumphouse/contract';
import { listApplyPaths } from '../fixtures/apply-paths.ts';
import { fieldOwners, fieldOwnersPath, writeFieldOwners } from './field-owners.ts';

/** Operations that start, stop or answer something, or write what neither a file nor a deploy can. */
const writesNoSharedField: ReadonlySet<string> = new Set([
  'acknowledge_alert_incident',
  'build_manifest',
  'cancel_backfill',
  'cancel_job_run',
  'cancel_job_runs',
  'change_backfill',
  'create_backfill',
  'create_job_run',
  'create_organization',
  'create_personal_key',
  'create_saved_view',
  'create_worker',
  'create_workspace_key',
  'delete_saved_view',
  'drain_worker',
  'drop_pending_packages',
  'finish_pending_packages',
  'force_end_job_run',
  'invalidate_job_windows',
  'issue_dataplane_token_workspace',
  'mute_job_alerts',
  'open_app',
  'pause_backfill',
  'pause_worker',
  'preview_alert_rule',
  'preview_backfill',
  'redeliver_event',
  'remove_worker',
  'replace_worker_token',
  'resolve_alert_incident',
  'restart_app',
  'resume_backfill',
  'resume_worker',
  'reset_local_data',
  'restore_local_data',
  'retry_backfill',
  'revoke_account_session',
  'revoke_other_account_sessions',
  'revoke_personal_key',
  'revoke_workspace_key',
  'send_alert_delivery_again',
  'set_region_organization',
  'skip_backfill_windows',
  'snooze_alert_incident',
  'start_job',
  'test_alert_channel',
  'test_event_subscription',
  'trigger_jobs',
  'unmute_job_alerts',
  'update_saved_view',
]);

/** Lists the keys of a file directly below one of its maps. */
const keysBelow = (map: string, { except }: { except: string[] }) =>
  listApplyPaths()
    .flatMap((path) => (path.startsWith(`${map}.*.`) ? [path.slice(map.length + 3)] : []))
    .filter((key) => !key.includes('.') && !except.includes(key));

describe('the owners of fields', () => {
  it('are in docs/operate/configuration-as-code.md as npm run docs:owners writes them', () => {
    const page = readFileSync(fieldOwnersPath, 'utf8');
    expect(page, 'run `npm run docs:owners`').toBe(writeFieldOwners(page));
  });

  it('name each key of a file once', () => {
    const named = (level: 'organization' | 'workspace') =>
      fieldOwners.flatMap(({ file }) => file?.[level] ?? []).toSorted();
    expect(named('organization')).toEqual(
      keysBelow('organizations', { except: ['workspaces', 'exhaustive'] }).toSorted(),
    );
    expect(named('workspace')).toEqual(
      keysBelow('organizations.*.workspaces', { except: ['exhaustive'] }).toSorted(),
    );
  });

  it('name each operation that writes a field once, and no other', () => {
    const writing = routes.filter(({ method, surface }) => method !== 'GET' && surface !== 'auth');
    const expected = writing
      .map(({ operationId }) => operationId)
      .filter((id) => !writesNoSharedField.has(id));
    const named = fieldOwners.flatMap(({ operations }) => operations);
    expect(named.toSorted()).toEqual(expected.toSorted());
  });
});
