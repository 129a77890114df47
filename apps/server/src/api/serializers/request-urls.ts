import type { JobRecord } from '../../store/records.ts';

/** URLs that responses refer to, as the caller reaches them. */
export interface RequestUrls {
  /**
   * Scheme, host and optional path prefix under which the caller reaches this server, without a trailing
   * slash.
   */
  origin: string;
  apps: AppUrls;
}

/** Resolves the URLs of apps. */
export interface AppUrls {
  /** The URL that opens the app; null for a job that is not interactive. */
  urlOf(job: AddressedJob): string | null;
  /** The public URL; null for an app that is not public. */
  publicUrlOf(job: AddressedJob & Pick<JobRecord, 'sealedPublicLink'>): string | null;
}

type AddressedJob = Pick<JobRecord, 'id' | 'jobRef' | 'jobType' | 'appPort' | 'definition'>;
