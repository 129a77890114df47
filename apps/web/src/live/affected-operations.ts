import type { JsonOperationId, LiveChangeKind } from '@pumphouse/contract';

const runs: JsonOperationId[] = [
  'list_run_overviews',
  'count_run_overviews',
  'get_run_overview',
  'list_run_series',
  'get_timeline',
  'list_job_overviews',
  'list_next_starts',
  'get_job_trend',
  'get_job_graph',
  'get_lineage',
  'get_job_run',
  'get_job_run_life',
  'get_job_run_resources',
  'get_job_run_changes',
  'list_pipeline_run_failures',
  'get_manifest_build',
  'list_job_runs',
  'list_job_next_ticks',
  'list_job_schedule_days',
  'list_apps',
  'get_app',
  'list_pending_packages',
  'list_backfills',
  'get_backfill',
  'list_backfill_windows',
  'get_job_calendar',
  'preview_backfill',
];

/** The failure of a run may be that of its pipelines. */
const freshness: JsonOperationId[] = [
  'list_pipeline_freshness',
  'list_dataset_freshness',
  'get_pipeline_overview',
  'get_dataset_overview',
  'get_table_overview',
];

/** Operations to refetch after a change of each kind. */
const affectedOperations: Record<LiveChangeKind, readonly JsonOperationId[]> = {
  alert: [
    'list_alert_incidents',
    'get_alert_incident',
    'list_alert_rules',
    'get_alert_rule',
    'get_job_alerts',
  ],
  'alert-channel': ['list_alert_channels'],
  'alert-delivery': ['list_alert_deliveries'],
  'event-subscription': ['list_event_subscriptions'],
  'event-delivery': ['list_event_deliveries', 'get_event_delivery'],
  'job-run': [...runs, ...freshness],
  backfill: [
    'list_backfills',
    'get_backfill',
    'list_backfill_windows',
    'get_job_calendar',
    'preview_backfill',
  ],
  job: [...runs, 'get_job', 'get_job_inputs', 'list_jobs', 'list_job_versions', 'list_app_visitors'],
  'pipeline-run': [
    'list_run_overviews',
    'get_run_overview',
    'get_job_run_changes',
    'list_job_overviews',
    'get_job_trend',
    'list_job_run_pipeline_runs',
    'get_job_run_result',
    ...freshness,
    'get_lineage',
    'list_pipeline_runs',
    'list_pipeline_stats',
    'list_dataset_stats',
    'list_pipeline_daily_series',
    'list_dataset_daily_series',
  ],
  'saved-view': ['list_saved_views'],
  schema: [
    'get_job_run_changes',
    'list_schema_changes',
    'list_pipeline_schemas',
    'list_schema_versions',
    'search_data',
    'get_pipeline_overview',
    'get_dataset_overview',
    'get_table_overview',
    'get_lineage',
  ],
  deployment: [
    'list_deployment_overviews',
    'get_deployment_overview',
    'get_deployment_latest',
    'list_next_starts',
  ],
  configuration: [
    'list_configurations',
    'get_configuration',
    'get_configuration_latest',
    'list_next_starts',
    'list_apps',
    'get_app',
  ],
  member: ['get_workspace_me', 'list_workspace_access', 'list_workspace_invitations'],
  variable: ['list_workspace_variables'],
  webhook: ['list_webhooks'],
  workspace: ['get_workspace', 'get_workspace_me', 'list_workspaces', 'get_me'],
};

/**
 * Returns the operations to refetch for these kinds of change. Unknown kinds of a newer server are ignored.
 */
export function findAffected(kinds: readonly string[]): ReadonlySet<string> {
  const known = Object.entries(affectedOperations).filter(([kind]) => kinds.includes(kind));
  return new Set(known.flatMap(([, operations]) => operations));
}
