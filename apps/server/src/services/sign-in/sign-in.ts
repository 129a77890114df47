import type { Credentials } from './credentials.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence } from '../../store/store.ts';
import { createAuthorizationRequests } from './authorization-requests.ts';
import { createDeviceCodes } from './device-codes.ts';
import { createSessions } from './sessions.ts';
import { createSwapCodes } from './swap-codes.ts';

export type SignIn = ReturnType<typeof createSignIn>;

/** Creates the use cases for signing in at clients, and for sessions there. */
export function createSignIn(dependencies: {
  persistence: Persistence<'apps' | 'auditLog' | 'browserSessions' | 'sessions' | 'signInRequests'>;
  credentials: Credentials;
  encryption: Encryption;
}) {
  const { persistence } = dependencies;
  const sessions = createSessions(dependencies);
  return {
    sessions,
    authorizationRequests: createAuthorizationRequests({ persistence, sessions }),
    deviceCodes: createDeviceCodes({ persistence, sessions }),
    swapCodes: createSwapCodes({ persistence, sessions }),
  };
}
