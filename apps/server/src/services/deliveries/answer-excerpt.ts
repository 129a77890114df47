import { boundText } from '../../domain/primitives/bound-text.ts';

const maxAnswerLength = 300;
/** Shorter parts of an address are not secret, and occur in other texts. */
const minSecretLength = 8;

/**
 * Shortens the answer of a receiver for the delivery log, without the secrets that were sent to it: some
 * receivers repeat the address.
 */
export function excerptAnswer(answer: string, secrets: readonly string[]): string {
  const masked = secrets
    .flatMap(listParts)
    .filter(({ length }) => length >= minSecretLength)
    .toSorted((one, other) => other.length - one.length)
    .reduce((text, secret) => text.replaceAll(secret, '***'), answer);
  return boundText(masked, maxAnswerLength);
}

/** The parts of an address that a receiver may repeat. */
function listParts(secret: string): string[] {
  if (!URL.canParse(secret)) return [secret];
  const { href, pathname, search, searchParams } = new URL(secret);
  const segments = pathname.split('/').flatMap((segment) => [segment, decode(segment)]);
  return [secret, href, `${pathname}${search}`, pathname, search, ...segments, ...searchParams.values()];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
