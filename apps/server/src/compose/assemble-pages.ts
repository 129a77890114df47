import type { Encryption } from '../platform/encryption.ts';
import type { Invitations } from '../services/people/invitations.ts';
import type { Logger } from 'pino';
import type { OpenApp } from '../services/apps/open-app.ts';
import type { OpenIdSettings } from '../services/sign-in/open-id.ts';
import type { PageServices } from '../pages/page-services.ts';
import type { Persistence } from '../store/store.ts';
import type { SignIn } from '../services/sign-in/sign-in.ts';
import { createBrowserSessions } from '../services/sign-in/browser-sessions.ts';
import { createKnownBrowsers } from '../services/sign-in/known-browsers.ts';
import { createOpenId } from '../services/sign-in/open-id.ts';
import { createPasswords, type Passwords } from '../services/sign-in/passwords.ts';
import { createPasswordSignIn } from '../services/sign-in/password-sign-in.ts';
import { createSealed } from '../services/sign-in/sealed.ts';
import { createSetPassword } from '../services/sign-in/set-password.ts';
import { createSetup } from '../services/sign-in/setup.ts';
import { createSignInThrottle } from '../services/sign-in/sign-in-throttle.ts';
import { createSignOut } from '../services/sign-in/sign-out.ts';
import { createSignUp } from '../services/sign-in/sign-up.ts';

/** Assembles the services of the server-rendered pages. */
export function assemblePages(parts: {
  openId: OpenIdSettings | null;
  persistence: Persistence;
  services: { encryption: Encryption; signIn: SignIn; invitations: Invitations };
  log: Logger;
  openApp: OpenApp;
  passwords?: Passwords;
}): PageServices {
  const { openId, persistence, log, passwords = createPasswords() } = parts;
  const { encryption, signIn, invitations } = parts.services;
  const throttle = createSignInThrottle(persistence, encryption);
  const passwordSignIn = createPasswordSignIn({ persistence, passwords, throttle });
  return {
    browserSessions: createBrowserSessions(persistence),
    passwordSignIn,
    setPassword: createSetPassword({ persistence, passwords, throttle }),
    setup: createSetup(persistence, passwords),
    signUp: createSignUp({
      persistence,
      passwords,
      passwordSignIn,
      signUp: openId?.signUp ?? 'invited',
    }),
    signOut: createSignOut(persistence, signIn.sessions),
    openId: openId && createOpenId(openId, log),
    knownBrowsers: createKnownBrowsers(encryption),
    sealed: createSealed(encryption),
    sign: (value) => encryption.sign(value),
    isSignature: (value, signature) => encryption.isSignature(value, signature),
    findAccount: (userId) => persistence.store.accounts.find(userId),
    listIdentities: (userId) => persistence.store.accounts.listIdentities(userId),
    authorizationRequests: signIn.authorizationRequests,
    deviceCodes: signIn.deviceCodes,
    swapCodes: signIn.swapCodes,
    invitations,
    openApp: parts.openApp,
  };
}
