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

/** How a page is put into the server; `who: 'person'` sends others to sign in first and back again. */
export interface PageRegistry {
  services: PageServices;
  get: RegisterPage;
  post: RegisterPage;
}

/** What every page for people comes with, beside its content policy. */
export const pageHeaders = {
  // Not `no-referrer`, with which browsers name no origin in a form either. Others learn nothing from it.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** No script, nothing from elsewhere, in no frame; forms go to this server only. */
export const contentPolicy = (formTarget = '') =>
  `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'${formTarget && ` ${formTarget}`}`;
