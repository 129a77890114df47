import type { Encryption } from '../../platform/encryption.ts';
import type { Logger } from 'pino';
import type { OpenIdSettings } from './open-id.ts';
import type { Passwords } from './passwords.ts';
import type { Persistence } from '../../store/store.ts';
import type { Sessions } from './sessions.ts';
import { createBrowserSessions } from './browser-sessions.ts';
import { createKnownBrowsers } from './known-browsers.ts';
import { createOpenId } from './open-id.ts';
import { createPasswordSignIn } from './password-sign-in.ts';
import { createSealed } from './sealed.ts';
import { createSetPassword } from './set-password.ts';
import { createSetup } from './setup.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';
import { createSignOut } from './sign-out.ts';
import { createSignUp } from './sign-up.ts';

/** Creates the use cases for signing in with a browser. */
export function createBrowserSignIn(parts: {
  persistence: Persistence<
    | 'accounts'
    | 'apps'
    | 'auditLog'
    | 'browserSessions'
    | 'invitations'
    | 'members'
    | 'oneTimeLinks'
    | 'people'
    | 'sessions'
    | 'signInFailures'
    | 'signInRequests'
    | 'workspaces'
  >;
  encryption: Encryption;
  passwords: Passwords;
  sessions: Sessions;
  /** Null if no provider is configured. */
  openId: OpenIdSettings | null;
  log: Logger;
}) {
  const { persistence, encryption, passwords, openId } = parts;
  const throttle = createSignInThrottle(persistence, encryption);
  const passwordSignIn = createPasswordSignIn({ persistence, passwords, throttle });
  return {
    browserSessions: createBrowserSessions(persistence),
    passwordSignIn,
    setPassword: createSetPassword({ persistence, passwords, throttle }),
    setup: createSetup(persistence, passwords),
    signUp: createSignUp({ persistence, passwords, passwordSignIn, signUp: openId?.signUp ?? 'invited' }),
    signOut: createSignOut(persistence, parts.sessions),
    openId: openId && createOpenId(openId, parts.log),
    knownBrowsers: createKnownBrowsers(encryption),
    sealed: createSealed(encryption),
  };
}
