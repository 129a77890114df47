import type { JobDefinition } from '../../../domain/jobs/job-definition.ts';

export interface JobRecord {
  id: string;
  workspaceId: string;
  jobRef: string;
  jobType: string;
  version: number;
  currentVersionId: string;
  deploymentModule: string | null;
  profile: string;
  triggers: string[];
  defaultTrigger: string | null;
  isArchived: boolean;
  isPaused: boolean;
  completedIntervalEnd: Date | null;
  lastCompletedAt: Date | null;
  refreshPending: boolean;
  /** The jobs whose freshness this job waits for. */
  upstreamRefs: string[];
  /** When a clock fires next; null if none will, as for a paused job. */
  nextScheduledRunAt: Date | null;
  /** The secret of its public link, sealed by `services/apps`; null for a job that is not public. */
  sealedPublicLink: Buffer | null;
  /** The port assigned to it as an app, whether or not the server currently listens on it. */
  appPort: number | null;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  /** As it was deployed, including key order. */
  definition: JobDefinition;
  definitionHash: string;
  engineVersion: number;
  description: string | null;
  maxRunTimeSeconds: number | null;
}

/** A job without the content of its current version, which is in `JobVersionRecord`. */
export type JobHead = Omit<
  JobRecord,
  'definition' | 'definitionHash' | 'engineVersion' | 'description' | 'maxRunTimeSeconds'
>;

export interface JobVersionRecord {
  id: string;
  jobId: string;
  version: number;
  definition: JobDefinition;
  definitionHash: string;
  engineVersion: number;
  description: string | null;
  profile: string;
  maxRunTimeSeconds: number | null;
  createdBy: string;
  createdAt: Date;
}

/** The columns derived from a definition at a deploy; the same for a new job and a new version. */
export interface JobVersionContent {
  definition: JobDefinition;
  definitionHash: string;
  engineVersion: number;
  description: string | null;
  profile: string;
  maxRunTimeSeconds: number | null;
  jobType: string;
  triggers: string[];
  defaultTrigger: string | null;
  upstreamRefs: string[];
  deploymentModule: string | null;
}

export type VersionSortKey = 'created_at' | 'version';
