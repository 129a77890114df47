import type { Job } from './script-serializers.ts';
import { z } from 'zod';
import { dashboardRef, moduleOfPath, refOfName } from './script-names.ts';

/** The body of `POST scripts` in releases before 0.25. */
export const postedScript = z.object({
  name: z.string().min(1),
  entry_point: z.string().min(1),
  description: z.string().nullish(),
  script_type: z.enum(['batch', 'interactive']).default('batch'),
  interactive_script_type: z.enum(['marimo', 'mcp', 'streamlit']).nullish(),
  profile: z.string().nullish(),
  /** Absent keeps the schedule of the job, null removes it. */
  schedule: z.string().nullish(),
});
type PostedScript = z.output<typeof postedScript>;

/** The body of `PATCH scripts/{id}` in the same releases. */
export const changedScript = postedScript
  .pick({ name: true, entry_point: true, description: true, profile: true, schedule: true })
  .partial();

const launchers = 'dlt._workspace.deployment.launchers';
const exposedAs = {
  marimo: { interface: 'gui', category: 'notebook' },
  streamlit: { interface: 'gui', category: 'dashboard' },
  mcp: { interface: 'mcp', category: 'mcp' },
} as const;
/** The dashboard of dlt, as later releases deploy it. */
const dashboard = {
  engine_version: 2,
  job_ref: dashboardRef,
  entry_point: {
    module: 'dlt._workspace.helpers.dashboard.dlt_dashboard',
    function: null,
    job_type: 'interactive',
    launcher: `${launchers}.dashboard`,
  },
  execute: { concurrency: 1 },
  triggers: ['http:'],
  default_trigger: 'http:',
  description: 'Workspace dashboard',
  expose: { category: 'dashboard', interface: 'gui', manual: true },
  require: { dependency_groups: [dashboardRef] },
};
/** Texts that the client writes itself. */
const ownDescription = /^The .* (?:script|job|scheduled job)$/;

/**
 * Builds the job definition of a posted script. It equals the one that later releases deploy for the same
 * file, so that no client creates a version of an unchanged job.
 * @param posted with the path of its file in the latest deployment
 */
export function describePostedScript(
  posted: PostedScript,
  existing: Job | undefined,
): Record<string, unknown> {
  const ref = refOfName(posted.name);
  if (ref === dashboardRef) return dashboard;
  const isNamed = ref !== refOfName(posted.entry_point);
  const { description, profile } = posted;
  return {
    engine_version: 2,
    job_ref: ref,
    ...(posted.script_type === 'batch' ? describeBatch(posted) : describeApp(posted)),
    triggers: [...(posted.script_type === 'batch' ? [] : ['http:']), ...listSchedules(posted, existing)],
    expose: {
      ...(posted.script_type === 'batch' ? {} : exposedAs[posted.interactive_script_type ?? 'marimo']),
      manual: true,
      ...(isNamed ? { display_name: posted.name } : {}),
    },
    ...(description == null || ownDescription.test(description) ? {} : { description }),
    ...(profile == null ? {} : { require: { profile } }),
  };
}

function describeBatch(posted: PostedScript) {
  const launcher = `${launchers}.module`;
  return {
    entry_point: { module: moduleOfPath(posted.entry_point), function: null, job_type: 'batch', launcher },
    execute: {},
  };
}

function describeApp(posted: PostedScript) {
  const launcher = `${launchers}.${posted.interactive_script_type ?? 'marimo'}`;
  const module = moduleOfPath(posted.entry_point);
  return {
    entry_point: { module, function: null, job_type: 'interactive', launcher },
    execute: { concurrency: 1 },
    default_trigger: 'http:',
  };
}

function listSchedules({ schedule }: PostedScript, existing: Job | undefined): string[] {
  if (schedule === undefined)
    return (existing?.triggers ?? []).filter((trigger) => trigger.startsWith('schedule:'));
  return schedule === null ? [] : [`schedule:${schedule}`];
}
