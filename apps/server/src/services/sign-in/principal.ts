import { ServiceError } from '../../platform/service-error.ts';

/** The credential that a user presented; whatever was issued in exchange ends with it. */
export interface PrincipalCredential {
  kind: 'key' | 'session';
  id: string;
  /** When the key was created, or the first of the keys that led to it. Absent for a session. */
  createdAt?: Date;
}

/** A user, signed in or with a key. */
export interface UserPrincipal {
  kind: 'user';
  userId: string;
  email: string;
  /** Null for a user whose access is checked without a request of theirs. */
  credential: PrincipalCredential | null;
  /** Set if the credential is limited to one workspace. */
  workspaceId: string | null;
}

/** The code of one run, which can only read its own workspace. */
export interface RunPrincipal {
  kind: 'run';
  workspaceId: string;
  attemptId: string;
}

/** A caller with a valid credential. */
export type AuthenticatedPrincipal = UserPrincipal | RunPrincipal;

/** The caller; `anonymous` without a credential. */
export type Principal = AuthenticatedPrincipal | { kind: 'anonymous' };

/**
 * Returns the user of an operation that only users may call.
 * @throws ServiceError forbidden, not_authenticated
 */
export function requireUser(principal: Principal): UserPrincipal {
  switch (principal.kind) {
    case 'user':
      return principal;
    case 'run':
      throw new ServiceError('forbidden', 'The code of a run cannot do this. Use the key of a user.');
    case 'anonymous':
      throw credentialRequired();
    default:
      return rejectUnknownKind(principal);
  }
}

/** The error for a caller without a credential. */
export function credentialRequired(): ServiceError {
  return new ServiceError('not_authenticated', 'Send a key or token as `Authorization: Bearer <token>`.');
}

/**
 * Ends each `switch` over the kind of a principal: a kind without a case does not compile, and would be
 * rejected.
 */
export function rejectUnknownKind(principal: never): never {
  throw new Error(`There is no rule for the principal ${JSON.stringify(principal)}`);
}
