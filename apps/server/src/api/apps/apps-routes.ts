import type { AppDescription } from '../../services/apps/read-apps.ts';
import type { AppServices } from '../../services/apps/apps.ts';
import type { Handlers } from '../handler.ts';
import type { StartRuns } from '../../services/runs/start-runs.ts';
import { toApp, toPublicLink } from './apps-serializers.ts';
import { toInstant } from '../serializers/instants.ts';
import { toJob } from '../jobs/jobs-serializers.ts';
import { userOf, workspaceOf } from '../handler.ts';

type AppOperation =
  | 'list_apps'
  | 'get_app'
  | 'open_app'
  | 'restart_app'
  | 'publish_app'
  | 'publish_job'
  | 'unpublish_job'
  | 'list_app_visitors';

/** Handlers for apps: interactive jobs as visitors see them. */
export function createAppHandlers(services: {
  apps: AppServices;
  startRuns: StartRuns;
}): Pick<Handlers, AppOperation> {
  const { addresses, readApps, publishApp, visits } = services.apps;

  const describe = (app: AppDescription) =>
    toApp(app, { addresses, link: app.publication && publishApp.toLink(app.job, app.publication) });

  return {
    async list_apps({ params }) {
      const { items, isTruncated } = await readApps.list(params.workspace_id);
      return { items: items.map(describe), is_truncated: isTruncated };
    },

    get_app: async ({ params }) => describe(await readApps.get(params.workspace_id, params.job_id)),

    async open_app({ params, body, authorization }) {
      const { job } = await readApps.get(params.workspace_id, params.job_id);
      const issued = await visits.issue(job, userOf(authorization).userId, body.path ?? null);
      return { url: issued.url, expires_in: issued.seconds };
    },

    async restart_app(call) {
      const { workspaceId, membershipId } = workspaceOf(call);
      const { job, situation } = await readApps.get(workspaceId, call.params.job_id);
      const running = 'instance' in situation ? { replaces: situation.instance.jobRunId } : {};
      const jobRunId = await services.startRuns.startApp({
        jobId: job.id,
        membershipId,
        ...running,
        isAsked: true,
      });
      return { job_run_id: jobRunId };
    },

    async publish_app(call) {
      const { link } = await publishApp.publish(
        { ...workspaceOf(call), jobId: call.params.job_id },
        {
          expiresAt: call.body.expires_at == null ? null : new Date(call.body.expires_at),
          password: call.body.password ?? null,
        },
      );
      return toPublicLink(link);
    },

    /** The dlthub client publishes without an expiry and without a password. */
    async publish_job(call) {
      const { job, link } = await publishApp.publish(
        { ...workspaceOf(call), jobId: call.params.job_id },
        { expiresAt: null, password: null },
      );
      return { ...toJob({ ...job, sealedPublicLink: null }, call), public_url: link.url };
    },

    async unpublish_job(call) {
      const job = await publishApp.unpublish({
        workspaceId: call.params.workspace_id,
        jobId: call.params.job_id,
      });
      return toJob({ ...job, sealedPublicLink: null }, call);
    },

    async list_app_visitors({ params }) {
      const visitors = await readApps.listVisitors(params.workspace_id, params.job_id);
      return {
        items: visitors.map(({ email, lastSeenAt, sessionCount }) => ({
          email,
          last_seen_at: toInstant(lastSeenAt),
          session_count: sessionCount,
        })),
      };
    },
  };
}
