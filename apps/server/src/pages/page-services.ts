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

/** The services that pages use. */
export interface PageServices {
  browserSessions: BrowserSessions;
  passwordSignIn: PasswordSignIn;
  setPassword: SetPassword;
  setup: Setup;
  signUp: SignUp;
  signOut: SignOut;
  /** Null if no provider is configured. */
  openId: OpenId | null;
  knownBrowsers: KnownBrowsers;
  sealed: Sealed;
  /** A stable, unguessable text for a value; see `Encryption.sign`. */
  sign(value: string): string;
  /** Whether `sign` created this text for the value; see `Encryption.isSignature`. */
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
  /** @returns the URL to which the browser is sent */
  approve(requestId: string, userId: string, browserSessionHash?: Buffer): Promise<string>;
  deny(requestId: string): Promise<string>;
}

export interface DeviceCodesOfPages {
  find(typed: string, userId: string): Promise<{ userCode: string; client: string; address: string | null }>;
  approve(userCode: string, userId: string): Promise<void>;
  deny(userCode: string): Promise<void>;
}

export interface SwapCodesOfPages {
  redeem(code: string): Promise<{ userId: string; email: string; sessionId: string } | null>;
}

export interface InvitationsOfPages {
  describe(token: string): Promise<{
    email: string;
    organizationName: string;
    role: string;
    workspaces: readonly { name: string; role: string }[];
    inviterEmail: string;
    /**
     * Whether an account with this address exists: if so its user must sign in, otherwise an account can be
     * created.
     */
    hasAccount: boolean;
  }>;
  /** @param store an open transaction, such as the one that creates the account; null to open a new one */
  accept: (
    store: Pick<Store, 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces'> | null,
    token: string,
    userId: string,
  ) => Promise<unknown>;
}
