import type { Logger } from 'pino';
import type { PageServices } from './page-services.ts';
import type { Visit } from './visit.ts';

export interface PagesDependencies {
  services: PageServices;
  publicUrl: string | null;
  log: Logger;
}

export type PageHandler = (visit: Visit) => Promise<unknown>;

type RegisterPage = (path: string, handler: PageHandler, options?: { who: 'person' }) => void;

/** Registers pages; `who: 'person'` makes visitors sign in first and return. */
export interface PageRegistry {
  services: PageServices;
  get: RegisterPage;
  post: RegisterPage;
}

/** Headers of every page, in addition to its content policy. */
export const pageHeaders = {
  // Not `no-referrer`, which makes browsers omit the origin of forms too. Other sites get no referrer.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** No scripts, no external resources, no framing; forms go only to this server. */
export const contentPolicy = (formTarget = '') =>
  `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'${formTarget && ` ${formTarget}`}`;
