import type { CiphertextKind } from '../../store/records.ts';
import { keysOf } from '../../domain/primitives/typed-record.ts';
import { attemptSecretContext } from '../attempts/attempt-secrets.ts';
import { signingSecretContext, targetContext } from '../alerts/sealed-channels.ts';
import { eventSecretContext, urlContext } from '../events/sealed-subscriptions.ts';
import { mailContext } from '../people/invitations.ts';
import { publicLinkContext } from '../apps/app-addresses.ts';
import { signingContext, tokenContext } from '../webhooks/webhooks.ts';
import { variableContext } from '../variables/sealed-variables.ts';

/** The encryption context of each kind, from the columns that `store/postgres/secret-keys/ciphertexts.ts` reads. */
const contexts: Record<CiphertextKind, (first: string, ...rest: string[]) => string> = {
  variables: (workspaceId, profile = '', name = '') =>
    variableContext({ workspaceId, profile: profile === '' ? null : profile }, name),
  'webhook-tokens': tokenContext,
  'webhook-signing-secrets': signingContext,
  'invitation-mails': mailContext,
  'public-links': publicLinkContext,
  'attempt-secrets': attemptSecretContext,
  'alert-targets': targetContext,
  'alert-signing-secrets': signingSecretContext,
  // A replaced secret keeps its ciphertext.
  'alert-previous-secrets': signingSecretContext,
  'event-urls': urlContext,
  'event-signing-secrets': eventSecretContext,
  'event-previous-secrets': eventSecretContext,
};

export const ciphertextKinds = keysOf(contexts);

export function contextOf(kind: CiphertextKind, [first = '', ...rest]: readonly string[]): string {
  return contexts[kind](first, ...rest);
}
