import { z } from 'zod';
import { exposeSpecInterface, jobCategory } from '../jobs/job-definition.ts';
import { failureReason } from '../runs/failure-reasons.ts';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/**
 * `failed`: it ended on its own, and the next visit after `retry_at` restarts it. `stopped`: the next visit
 * starts it.
 */
export const appState = namedEnum('AppState', ['ready', 'starting', 'failed', 'stopped']);
export type AppStateName = z.output<typeof appState>;

/** A public link: everyone who has it can see the app. */
export const publicLinkResponse = responseObject('PublicLinkResponse', {
  url: z.string(),
  /** Null: valid until it is revoked. */
  expires_at: timestamp.nullable(),
  has_password: z.boolean(),
  created_at: timestamp,
});
export type PublicLinkResponse = z.output<typeof publicLinkResponse>;

/** An interactive job, and how to reach it. */
export const appResponse = responseObject('AppResponse', {
  job_id: uuid,
  job_ref: z.string(),
  /** Its display name, or the ref if it has none. */
  name: z.string(),
  description: z.string().nullable(),
  /** Its job is archived, so no visit starts it. */
  is_archived: z.boolean(),
  /** Its `expose` declares `starred`. */
  is_starred: z.boolean(),
  interface: openEnum(exposeSpecInterface),
  category: openEnum(jobCategory).nullable(),
  state: openEnum(appState),
  /** Set for a failed app. */
  failure: responseObject('AppFailureResponse', {
    /** The summary of the reason. */
    detail: z.string(),
    /** As shown in lists and on the run's page. */
    reason: failureReason.nullable(),
    /** Visits before this time do not start it; the next one after it does. */
    retry_at: timestamp,
    /** The failed run, whose log has more details. */
    job_run_id: uuid,
  }).nullable(),
  /** For a stopped app: why the server stopped it; null if it ended otherwise, or never ran. */
  stop_reason: z.string().nullable(),
  /**
   * The app's own origin, where `open_app` admits members. If it has none yet, the URL of the server's page
   * that opens the app and assigns one.
   */
  url: z.string(),
  /**
   * For programs with a key that cannot resolve names below the apps domain, or if the app has no port yet.
   */
  bare_url: z.string(),
  public_link: publicLinkResponse.nullable(),
  /** The profile it runs with, or would run with if started now. */
  profile: z.string(),
  /**
   * It should run under `access`, but the configuration has no file for that profile, so it has everything
   * that batch runs have.
   */
  is_profile_fallback: z.boolean(),
  /** Seconds without a visitor after which it is stopped; null means never. */
  idle_seconds: z.number().nullable(),
  /** The run that serves visitors, or the one that is starting. */
  job_run: responseObject('AppRunResponse', {
    id: uuid,
    status: z.string(),
    /** What it waits for before it starts, such as a free slot; null if it does not wait. */
    wait_reason: z.string().nullable(),
    created_at: timestamp,
    listening_since: timestamp.nullable(),
    last_used_at: timestamp.nullable(),
  }).nullable(),
});
export type AppResponse = z.output<typeof appResponse>;

export const appsResponse = responseObject('AppsResponse', {
  items: z.array(appResponse),
  /** There are more than the 200 that are returned. */
  is_truncated: z.boolean(),
});
export type AppsResponse = z.output<typeof appsResponse>;

export const openAppRequest = requestObject('OpenAppRequest', {
  /** Path below the app's origin. */
  path: z
    .string()
    .refine((path) => path.startsWith('/'), 'must begin with /')
    .optional(),
});

/** A URL that signs a browser in as the caller: once, and within a minute. */
export const openAppResponse = responseObject('OpenAppResponse', {
  url: z.string(),
  expires_in: z.int(),
});

export const publishAppRequest = requestObject('PublishAppRequest', {
  /** The link is invalid from this time on. */
  expires_at: timestamp.nullish(),
  /** Required from visitors of the link. */
  password: z
    .string()
    .refine(({ length }) => length >= 8 && length <= 200, 'must have 8 to 200 characters')
    .nullish(),
});

export const restartAppResponse = responseObject('RestartAppResponse', { job_run_id: uuid });

export const appVisitorsResponse = responseObject('AppVisitorsResponse', {
  /** Most recent first, at most 100. */
  items: z.array(
    responseObject('AppVisitorResponse', {
      /** Null for all visitors by a public link. */
      email: z.string().nullable(),
      last_seen_at: timestamp,
      /** Number of browsers. */
      session_count: z.int(),
    }),
  ),
});
