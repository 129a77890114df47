import { createClient } from '@pumphouse/client';
import { apiBaseUrl } from './base-url.ts';
import { getAccessToken } from '../session/session.ts';

/** The server, asked as the person who is signed in. */
export const api = createClient({ baseUrl: apiBaseUrl, credential: getAccessToken });
