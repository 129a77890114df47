import type { Encryption } from '../../platform/encryption.ts';
import type { JobRecord } from '../../store/records.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import { startPathOf } from '../../domain/apps/app-trigger.ts';
import { labelOfApp } from '../../domain/apps/app.ts';

/** What an address of an app is made of. */
export type AddressedApp = Pick<JobRecord, 'id' | 'jobRef' | 'appPort'>;

/** Where apps have their origins, as the proxy in front of them has it. */
export interface AppOrigins {
  /** Null for an app that has no port yet, where each app has a port. */
  originOf(app: { label: string; port: number | null }): string | null;
  /** Of all apps, for programs with a key. */
  bareOrigin: string;
}

export type AppAddresses = ReturnType<typeof createAppAddresses>;

/** Below this path of an app's own origin, pages are the server's and not the app's. */
export const ownPath = '/-pumphouse';

/** What the secret of a public link is sealed for. */
export const publicLinkContext = (jobId: string) => `public link of ${jobId}`;

/**
 * Where apps are met, an origin for each: `http://<label>.localhost:8090`, `https://<label>.apps.example.com`, `http://10.0.0.5:9100`.
 * @param places asked for when an address is needed: ports of 0 are known only when the server listens
 */
export function createAppAddresses(
  places: { origins: () => AppOrigins; serverUrl: () => string },
  encryption: Encryption,
) {
  const labelOf = ({ id, jobRef }: AddressedApp) => labelOfApp({ jobRef, jobId: id });
  /** Without a slash at its end. */
  const findOrigin = (job: AddressedApp) =>
    places.origins().originOf({ label: labelOf(job), port: job.appPort });

  /** The page of the server that signs people in and lets them into an app, which it gives an origin where it has none. */
  function openingPageOf(jobId: string, path?: string): string {
    const asked = new URLSearchParams({ app: jobId, ...(path !== undefined && { to: path }) });
    return `${places.serverUrl().replace(/\/+$/, '')}/sign-in/app?${asked.toString()}`;
  }

  return {
    openingPageOf,
    hasOrigin: (job: AddressedApp) => findOrigin(job) !== null,

    /** Where browsers open the app: its origin, or where it gets one. */
    urlOf: (job: AddressedApp) => findOrigin(job) ?? openingPageOf(job.id),

    /** The page of the app that is opened where no other is asked for. */
    startOf(job: AddressedApp & Pick<JobRecord, 'definition'>): string {
      const path = startPathOf(job.definition as JobDefinition);
      const origin = findOrigin(job);
      if (origin === null) return openingPageOf(job.id);
      return path === '/' ? origin : `${origin}${path}`;
    },

    /** A public link: whoever has it sees the app. For an app without an origin, the page that says why it has none, or gives it one. */
    publicUrlOf(job: AddressedApp & { sealedPublicLink: Buffer }): string {
      const origin = findOrigin(job);
      if (origin === null) return openingPageOf(job.id);
      const secret = encryption.decrypt(job.sealedPublicLink, publicLinkContext(job.id)).toString('utf8');
      return `${origin}${ownPath}/open/${secret}`;
    },

    /** Lets the bearer of a one-time code in, and goes on to a path of the app, which has an origin. */
    enterWith(job: AddressedApp, code: string, path: string): string {
      const origin = findOrigin(job);
      if (origin === null) throw new Error(`The app ${job.jobRef} has no origin to enter`);
      return `${origin}${ownPath}/enter?${new URLSearchParams({ code, to: path }).toString()}`;
    },

    /** For programs with a key that resolve no name below the domain of apps, and for those of apps without a port. */
    bareOf: (job: AddressedApp) => `${places.origins().bareOrigin}/${labelOf(job)}`,
  };
}
