import type { Encryption } from '../encryption.ts';
import type { JobRecord } from '../../store/records.ts';
import { labelOfApp } from '../../domain/app.ts';

/** What an address of an app is made of. */
export type AddressedApp = Pick<JobRecord, 'id' | 'jobRef'>;

export type AppAddresses = ReturnType<typeof createAppAddresses>;

/** Below this path of an app's own host, pages are the server's and not the app's. */
export const ownPath = '/-pumphouse';

/** What the secret of a public link is sealed for. */
export const publicLinkContext = (jobId: string) => `public link of ${jobId}`;

/**
 * Where apps are met, an origin for each: `http://<label>.localhost:8090`, or `https://<label>.apps.example.com`.
 * @param template `http://{label}.localhost:8090`, asked for when an address is needed: a port of 0 is known only when the server listens
 */
export function createAppAddresses(template: () => string, encryption: Encryption) {
  const labelOf = ({ id, jobRef }: AddressedApp) => labelOfApp({ jobRef, jobId: id });
  const originOf = (job: AddressedApp) => template().replace('{label}', labelOf(job));
  return {
    /** The app's origin, without a slash at its end. */
    originOf,

    /** A public link: whoever has it sees the app. */
    publicUrlOf(job: AddressedApp & { sealedPublicLink: Buffer }): string {
      const secret = encryption.decrypt(job.sealedPublicLink, publicLinkContext(job.id)).toString('utf8');
      return `${originOf(job)}${ownPath}/open/${secret}`;
    },

    /** Lets the bearer of a one-time code in, and goes on to a path of the app. */
    enterWith: (job: AddressedApp, code: string, path: string) =>
      `${originOf(job)}${ownPath}/enter?${new URLSearchParams({ code, to: path }).toString()}`,

    /** For programs with a key that resolve no name below the domain of apps. */
    bareOf: (job: AddressedApp) => `${template().replace('{label}.', '')}/${labelOf(job)}`,
  };
}
