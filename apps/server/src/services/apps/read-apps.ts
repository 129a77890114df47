import type { AppEndRecord, AppInstanceRecord, JobRecord, PublicationRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { chooseProfile } from '../../domain/jobs/job-definition.ts';
import { idleSecondsOf, deriveAppSituation, type AppSituation } from '../../domain/apps/app.ts';
import { requireInteractive } from './publish-app.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The situation of an app, with details of its process. */
export interface AppStatus {
  situation: AppSituation<AppInstanceRecord>;
  /** Of the newest run, if it has ended. */
  end: AppEndRecord | null;
}

export interface AppDescription extends AppStatus {
  job: JobRecord;
  publication: PublicationRecord | null;
  profile: string;
  /** The default profile `access` is missing in the configuration, so the app runs under another one. */
  isProfileFallback: boolean;
  idleSeconds: number | null;
}

export type ReadApps = ReturnType<typeof createReadApps>;

const maxListed = 200;

export function createReadApps({ store }: Persistence<'apps' | 'configurations' | 'jobs'>) {
  async function stand(jobId: string): Promise<AppStatus> {
    // In this order: the end of a run that ends between the two reads is seen. The other way round a run that
    // has just failed would seem stopped, and the next visit would start it without its pause.
    const instances = await store.apps.listInstances(jobId);
    const end = await store.apps.findEnd(jobId);
    return { situation: deriveAppSituation(instances, end), end };
  }

  async function describe(
    job: JobRecord,
    known: { configurationProfiles: readonly string[]; publication: PublicationRecord | null },
  ): Promise<AppDescription> {
    const { definition } = job;
    const choice = chooseProfile(definition, null, known.configurationProfiles);
    const isDefault = definition.require?.profile === undefined;
    return {
      ...(await stand(job.id)),
      job,
      publication: known.publication,
      profile: choice.ok ? choice.profile : job.profile,
      isProfileFallback: isDefault && choice.ok && choice.profile !== 'access',
      idleSeconds: idleSecondsOf(definition),
    };
  }

  /** @throws ServiceError not_found; not_interactive for another kind of job */
  async function findJob(workspaceId: string, jobId: string): Promise<JobRecord> {
    const job = await store.jobs.get(workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    requireInteractive(job);
    return job;
  }

  return {
    stand,

    /** Lists active apps by name, at most 200. */
    async list(workspaceId: string): Promise<{ items: AppDescription[]; isTruncated: boolean }> {
      const ids = await store.apps.listJobIds(workspaceId, maxListed + 1);
      const jobs = await store.jobs.getMany(ids.slice(0, maxListed));
      const shown = jobs.toSorted((left, right) => (left.jobRef < right.jobRef ? -1 : 1));
      const [publications, configuration] = await Promise.all([
        store.apps.listPublications(shown.map(({ id }) => id)),
        store.configurations.latest(workspaceId),
      ]);
      const byJob = new Map(publications.map((publication) => [publication.jobId, publication]));
      const items = await Promise.all(
        shown.map((job) =>
          describe(job, {
            configurationProfiles: configuration?.profiles ?? [],
            publication: byJob.get(job.id) ?? null,
          }),
        ),
      );
      return { items, isTruncated: ids.length > maxListed };
    },

    /** @throws ServiceError not_found, not_interactive */
    async get(workspaceId: string, jobId: string): Promise<AppDescription> {
      const job = await findJob(workspaceId, jobId);
      const [publication, configuration] = await Promise.all([
        store.apps.findPublication(jobId),
        store.configurations.latest(workspaceId),
      ]);
      return describe(job, {
        configurationProfiles: configuration?.profiles ?? [],
        publication: publication ?? null,
      });
    },

    /**
     * Lists recent visitors.
     * @throws ServiceError not_found, not_interactive
     */
    async listVisitors(workspaceId: string, jobId: string) {
      const job = await findJob(workspaceId, jobId);
      return store.apps.listVisitors(job.id, 100);
    },
  };
}
