import type { Credential } from '../sign-in/credential.ts';

type Fetch = typeof globalThis.fetch;

/**
 * A fetch that repeats a rejected call once with a refreshed login. The call's own credential is replaced only
 * if it is the login: uploads and the data plane have tokens of their own.
 */
export function createSignedFetch(fetch: Fetch, credential: Credential): Fetch {
  return async (input, init = {}) => {
    const response = await fetch(input, init);
    if (response.status !== 401 || credential.kind !== 'login') return response;
    const headers = new Headers(init.headers);
    if (headers.get('authorization') !== `Bearer ${await credential.current()}`) return response;
    if (!(await credential.refresh())) return response;
    headers.set('authorization', `Bearer ${await credential.current()}`);
    await response.body?.cancel();
    return fetch(input, { ...init, headers });
  };
}
