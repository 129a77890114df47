import { createClient } from '@pumphouse/client';
import { apiBaseUrl } from '../api/base-url.ts';

/** API client without a credential, for sign-in, renewal and sign-out. */
export const sessionClient = createClient({ baseUrl: apiBaseUrl });
