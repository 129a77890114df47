import type { AccountRecord } from '../store/records.ts';
import type { BrowserSessions } from '../services/sign-in/browser-sessions.ts';
import type { KnownBrowsers } from '../services/sign-in/known-browsers.ts';
import type { OpenApp } from '../services/apps/open-app.ts';
import type { OpenId } from '../services/sign-in/open-id.ts';
import type { PasswordSignIn } from '../services/sign-in/password-sign-in.ts';
import type { Sealed } from '../services/sign-in/sealed.ts';
import type { SetPassword } from '../services/sign-in/set-password.ts';
import type { Setup } from '../services/sign-in/setup.ts';
import type { Store } from '../store/store.ts';
import type { SignOut } from '../services/sign-in/sign-out.ts';
import type { SignUp } from '../services/sign-in/sign-up.ts';

/** What the pages call. */
export interface PageServices {
  browserSessions: BrowserSessions;
  passwordSignIn: PasswordSignIn;
  setPassword: SetPassword;
  setup: Setup;
  signUp: SignUp;
  signOut: SignOut;
  /** Null where no provider is configured. */
  openId: OpenId | null;
  knownBrowsers: KnownBrowsers;
  sealed: Sealed;
  /** A stable unguessable text for a value, see `Encryption.sign`. */
  sign(value: string): string;
  /** Whether a text was made by `sign` for the value, see `Encryption.isSignature`. */
  isSignature(value: string, signature: string): boolean;
  findAccount(userId: string): Promise<AccountRecord | undefined>;
  listIdentities(userId: string): Promise<{ issuer: string; email: string }[]>;
  authorizationRequests: AuthorizationRequestsOfPages;
  deviceCodes: DeviceCodesOfPages;
  swapCodes: SwapCodesOfPages;
  invitations: InvitationsOfPages;
  openApp: OpenApp;
}

export interface AuthorizationRequestsOfPages {
  describe(requestId: string): Promise<{ client: string; address: string | null; redirectUri: string }>;
  /** @returns where to send the browser */
  approve(requestId: string, userId: string): Promise<string>;
  deny(requestId: string): Promise<string>;
}

export interface DeviceCodesOfPages {
  find(typed: string, userId: string): Promise<{ userCode: string; client: string; address: string | null }>;
  approve(userCode: string, userId: string): Promise<void>;
  deny(userCode: string): Promise<void>;
}

export interface SwapCodesOfPages {
  redeem(code: string): Promise<{ userId: string; email: string } | null>;
}

export interface InvitationsOfPages {
  describe(token: string): Promise<{
    email: string;
    organizationName: string;
    role: string;
    workspaces: readonly { name: string; role: string }[];
    inviterEmail: string;
    /** Whether somebody has an account with the address: then it has to be signed in, else one can be made. */
    hasAccount: boolean;
  }>;
  /** @param store an open transaction, such as the one that makes the account; null for one of its own */
  accept(store: Store | null, token: string, userId: string): Promise<unknown>;
}
