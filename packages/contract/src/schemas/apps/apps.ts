import { z } from 'zod';
import { exposeSpecInterface, jobCategory } from '../jobs/job-definition.ts';
import { failureReason } from '../runs/failure-reasons.ts';
import { namedEnum, openEnum, requestObject, responseObject, text, timestamp, uuid } from '../primitives.ts';

/** `failed`: it ended by itself, and the next visit after `retry_at` starts it again. `stopped`: the next visit starts it. */
export const appState = namedEnum('AppState', ['ready', 'starting', 'failed', 'stopped']);
export type AppStateName = z.output<typeof appState>;

/** A public link: whoever has it sees the app. */
export const publicLinkResponse = responseObject('PublicLinkResponse', {
  url: z.string(),
  /** Null: until it is taken back. */
  expires_at: timestamp.nullable(),
  has_password: z.boolean(),
  created_at: timestamp,
});
export type PublicLinkResponse = z.output<typeof publicLinkResponse>;

/** An interactive job in service, and how it is met. */
export const appResponse = responseObject('AppResponse', {
  job_id: uuid,
  job_ref: z.string(),
  /** Its display name, or the ref where it has none. */
  name: z.string(),
  description: z.string().nullable(),
  /** Its job is out of service: no visit starts it. */
  is_archived: z.boolean(),
  /** Its `expose` declares `starred`. */
  is_starred: z.boolean(),
  interface: openEnum(exposeSpecInterface),
  category: openEnum(jobCategory).nullable(),
  state: openEnum(appState),
  /** Of a failed app. */
  failure: responseObject('AppFailureResponse', {
    /** The summary of the reason. */
    detail: z.string(),
    /** As the lists and the page of the run show it. */
    reason: failureReason.nullable(),
    /** A visit before then does not start it; once it is over, the next one does. */
    retry_at: timestamp,
    /** The run that failed: its log says more. */
    job_run_id: uuid,
  }).nullable(),
  /** Of a stopped app: why the server stopped it; null where it ended in another way, or never ran. */
  stop_reason: z.string().nullable(),
  /** Its own origin. Members are let in there with `open_app`. Where it has none yet, the page of the server that opens it and gives it one. */
  url: z.string(),
  /** For programs with a key that resolve no name below the domain of apps, or where the app has no port yet. */
  bare_url: z.string(),
  public_link: publicLinkResponse.nullable(),
  /** What it runs with, or would if it were started now. */
  profile: z.string(),
  /** It would run under `access`, and the configuration has no file for that: it has all that batch runs have. */
  is_profile_fallback: z.boolean(),
  /** Seconds without a visitor after which it is stopped; null: never. */
  idle_seconds: z.number().nullable(),
  /** Of the process that visitors meet, or of the one that is coming. */
  job_run: responseObject('AppRunResponse', {
    id: uuid,
    status: z.string(),
    /** What it waits for before it starts, such as a free slot; null where it does not wait. */
    wait_reason: z.string().nullable(),
    created_at: timestamp,
    listening_since: timestamp.nullable(),
    last_used_at: timestamp.nullable(),
  }).nullable(),
});
export type AppResponse = z.output<typeof appResponse>;

export const appsResponse = responseObject('AppsResponse', {
  items: z.array(appResponse),
  /** More than 200 are not told. */
  is_truncated: z.boolean(),
});
export type AppsResponse = z.output<typeof appsResponse>;

export const openAppRequest = requestObject('OpenAppRequest', {
  /** Below the app's origin. */
  path: text.refine((path) => path.startsWith('/'), 'must begin with /').optional(),
});

/** An address that lets whoever opens it in as the caller: once, and within a minute. */
export const openAppResponse = responseObject('OpenAppResponse', {
  url: z.string(),
  expires_in: z.int(),
});

export const publishAppRequest = requestObject('PublishAppRequest', {
  /** Not good any more from then on. */
  expires_at: timestamp.nullish(),
  /** Asked of whoever opens the link. */
  password: text
    .refine(({ length }) => length >= 8 && length <= 200, 'must have 8 to 200 characters')
    .nullish(),
});

export const restartAppResponse = responseObject('RestartAppResponse', { job_run_id: uuid });

export const appVisitorsResponse = responseObject('AppVisitorsResponse', {
  /** Latest first, at most 100. */
  items: z.array(
    responseObject('AppVisitorResponse', {
      /** Null for all who came by a public link. */
      email: z.string().nullable(),
      last_seen_at: timestamp,
      /** Browsers. */
      session_count: z.int(),
    }),
  ),
});
