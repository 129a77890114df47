import type { Encryption } from '../../platform/encryption.ts';
import type { JobRecord } from '../../store/records.ts';
import { startPathOf } from '../../domain/apps/app-trigger.ts';
import { labelOfApp } from '../../domain/apps/app.ts';

/** The fields of a job that its app's address depends on. */
export type AddressedApp = Pick<JobRecord, 'id' | 'jobRef' | 'appPort'>;

/** The origins of apps, as the proxy in front of them defines them. */
export interface AppOrigins {
  /** Null for an app without a port, if each app has its own port. */
  originOf(app: { label: string; port: number | null }): string | null;
  /** Origin shared by all apps, for programs with a key. */
  bareOrigin: string;
}

export type AppAddresses = ReturnType<typeof createAppAddresses>;

/** Pages below this path of an app's origin belong to the server, not to the app. */
export const ownPath = '/-pumphouse';

/** Encryption context for the secret of a public link. */
export const publicLinkContext = (jobId: string) => `public link of ${jobId}`;

/**
 * Creates the addresses of apps, each with its own origin: `http://<label>.localhost:8090`,
 * `https://<label>.apps.example.com`, `http://10.0.0.5:9100`.
 * @param server read when an address is needed, because port 0 is resolved only once the server listens
 */
export function createAppAddresses(
  server: { origins: () => AppOrigins; serverUrl: () => string },
  encryption: Encryption,
) {
  const labelOf = ({ id, jobRef }: AddressedApp) => labelOfApp({ jobRef, jobId: id });
  /** Without a trailing slash. */
  const findOrigin = (job: AddressedApp) =>
    server.origins().originOf({ label: labelOf(job), port: job.appPort });

  /** The server page that signs users in, opens an app for them, and assigns it an origin if it has none. */
  function openingPageOf(jobId: string, path?: string): string {
    const asked = new URLSearchParams({ app: jobId, ...(path !== undefined && { to: path }) });
    return `${server.serverUrl().replace(/\/+$/, '')}/sign-in/app?${asked.toString()}`;
  }

  return {
    openingPageOf,
    hasOrigin: (job: AddressedApp) => findOrigin(job) !== null,

    /** The address for browsers: the app's origin, or the page that assigns one. */
    urlOf: (job: AddressedApp) => findOrigin(job) ?? openingPageOf(job.id),

    /** The start page of the app, used when a request names no other. */
    startOf(job: AddressedApp & Pick<JobRecord, 'definition'>): string {
      const path = startPathOf(job.definition);
      const origin = findOrigin(job);
      if (origin === null) return openingPageOf(job.id);
      return path === '/' ? origin : `${origin}${path}`;
    },

    /**
     * A public link, which gives its bearer access to the app. For an app without an origin: the page that
     * assigns one or explains why it has none.
     */
    publicUrlOf(job: AddressedApp & { sealedPublicLink: Buffer }): string {
      const origin = findOrigin(job);
      if (origin === null) return openingPageOf(job.id);
      const secret = encryption.decrypt(job.sealedPublicLink, publicLinkContext(job.id)).toString('utf8');
      return `${origin}${ownPath}/open/${secret}`;
    },

    /**
     * The address that redeems a one-time code and redirects to a path of the app. The app must have an
     * origin.
     */
    enterWith(job: AddressedApp, code: string, path: string): string {
      const origin = findOrigin(job);
      if (origin === null) throw new Error(`The app ${job.jobRef} has no origin to enter`);
      return `${origin}${ownPath}/enter?${new URLSearchParams({ code, to: path }).toString()}`;
    },

    /**
     * For programs with a key that do not resolve names below the apps domain, and for apps without a port.
     */
    bareOf: (job: AddressedApp) => `${server.origins().bareOrigin}/${labelOf(job)}`,
  };
}
