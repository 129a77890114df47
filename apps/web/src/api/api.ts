import { createClient } from '@pumphouse/client';
import { apiBaseUrl } from './base-url.ts';
import { getAccessToken } from '../session/session.ts';

/** API client that authenticates as the signed-in user. */
export const api = createClient({ baseUrl: apiBaseUrl, credential: getAccessToken });
