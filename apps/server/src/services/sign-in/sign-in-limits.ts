import type { OpenLimits, SignInOrigin } from '../../store/records.ts';
import { currentActor } from '../audit/audit.ts';
import { networkOf } from '../../domain/primitives/network-of-address.ts';
import { readClientName } from '../../domain/sign-in/client-name.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Maximum number of pending sign-ins, in total and from one address, for each kind. Anyone may begin a
 * sign-in, so a flood must fill neither the table nor the share of others. Many users may share an address,
 * such as that of an office or a proxy.
 */
export const openLimits: OpenLimits = { total: 1000, ofNetwork: 100 };

/** For an hour, the client is told the outcome of its code; after that the code is unknown. */
export const signInForgottenAfterSeconds = 60 * 60;

/** Describes the calling client, as far as it is known. */
export function describeCaller(): SignInOrigin {
  const { address, userAgent } = currentActor();
  return {
    client: readClientName(userAgent),
    address,
    network: address === null ? 'unknown' : networkOf(address),
  };
}

/** @returns the error for a call while too many sign-ins are pending */
export function refuseFlood(): ServiceError {
  return new ServiceError(
    'too_many_sign_ins',
    'Too many sign-ins are waiting for an answer. Answer the ones that you started, or try again in a few minutes.',
    { retry_after_seconds: 60 },
  );
}
