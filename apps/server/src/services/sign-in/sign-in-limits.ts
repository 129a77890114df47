import type { OpenLimits, SignInOrigin } from '../../store/records.ts';
import { currentActor } from '../audit/audit.ts';
import { networkOf } from '../../domain/primitives/network-of-address.ts';
import { readClientName } from '../../domain/sign-in/client-name.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Anybody may begin a sign-in. So many may wait for an answer at once, in all and from one address, each kind for itself: a flood fills
 * neither the table nor the room of others. Many people may come from one address, that of an office or of a proxy.
 */
export const openLimits: OpenLimits = { total: 1000, ofNetwork: 100 };

/** For an hour the client is told what became of its code; from then on the code is unknown. */
export const signInForgottenAfterSeconds = 60 * 60;

/** Whose client calls, as far as can be known. */
export function describeCaller(): SignInOrigin {
  const { address, userAgent } = currentActor();
  return {
    client: readClientName(userAgent),
    address,
    network: address === null ? 'unknown' : networkOf(address),
  };
}

/** @returns what a call is refused with when too many sign-ins wait */
export function refuseFlood(): ServiceError {
  return new ServiceError(
    'too_many_sign_ins',
    'Too many sign-ins wait for an answer. Answer those that you began, or try again in some minutes.',
    { retry_after_seconds: 60 },
  );
}
