import type { JobRecord } from '../../store/records.ts';

/** Where the caller meets what answers refer to. */
export interface Places {
  /** Scheme and host, with a path prefix if there is one, under which the caller reaches this server; without a slash at its end. */
  origin: string;
  apps: AppPlaces;
}

/** Where apps are met. */
export interface AppPlaces {
  /** Where the app begins; null for a job that serves nothing. */
  urlOf(job: AddressedJob): string | null;
  /** Null for one that is not public. */
  publicUrlOf(job: AddressedJob & Pick<JobRecord, 'sealedPublicLink'>): string | null;
}

type AddressedJob = Pick<JobRecord, 'id' | 'jobRef' | 'jobType' | 'appPort' | 'definition'>;
