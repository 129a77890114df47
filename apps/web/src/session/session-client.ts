import { createClient } from '@pumphouse/client';
import { apiBaseUrl } from '../api/base-url.ts';

/** The server, asked without a credential: signing in, renewing, signing out. */
export const sessionClient = createClient({ baseUrl: apiBaseUrl });
