/**
 * Decides by its key whether a setting is secret. The rules cover the fields that dlt types as `TSecretStrValue`,
 * `TSecretValue` or `SecretSentinel`, in all destinations and sources from 1.20 to 1.31 (decision 0124).
 */

/** Fields that dlt types as secret, although their last word is none of the words below. */
const secretNames = new Set(['client_id', 'slack_incoming_hook', 'statements']);

const secretLastParts = new Set(
  (
    'apikey apitoken authorization bearer cookie dsn jwt key otp pass passphrase passwd password pat pin pw pwd salt ' +
    'sas secret sig signature token webhook'
  ).split(' '),
);

/** Words that run into others: `dbpassword`, `accesstoken`. */
const secretEnd =
  /(?:password|passwd|passphrase|secret|apikey|token|privatekey|secretkey|accesskey|accountkey)$/;

/** Pairs of words, as in `pass_phrase` and `slack_webhook_url`. */
const secretPairs = new Set(['pass phrase', 'pass word', 'pass code', 'webhook url', 'hook url']);

/** `primary_key` and the like name columns, and `public_key` is public. */
const plainKeys = new Set(
  (
    'business cache cluster cursor dedup distribution foreign group index join merge natural object order parent ' +
    'partition primary public root row sort state surrogate unique'
  ).split(' '),
);

/** Words that say only how the value is written, as in `private_key_pem` and `token_2`. */
const forms = /^(?:b64|base64|hex|pem|str|string|text|val|value|\d+)$/;

export function isSecretKey(key: string): boolean {
  if (secretNames.has(key.toLowerCase())) return true;
  const words = splitKey(key);
  while (words.length > 1 && forms.test(words.at(-1) ?? '')) words.pop();
  const last = (words.at(-1) ?? '').replace(/\d+$/, '');
  const before = words.at(-2) ?? '';
  if (secretPairs.has(`${before} ${last}`)) return true;
  const word = last.replace(/s$/, '');
  if (word === 'key' && plainKeys.has(before)) return false;
  return [last, word].some((each) => secretLastParts.has(each) || secretEnd.test(each));
}

/** Splits at separators and before capitals: `apiKey` and `API_KEY` have the same words. */
function splitKey(key: string): string[] {
  return key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
