/**
 * Rules for new passwords (NIST SP 800-63B): long, and not a common guess. There are no rules about kinds of
 * characters: they lead to passwords that are hard to remember and easy to guess.
 */

export const minPasswordLength = 12;
/** No user types a longer password; it would only cost the server time. */
export const maxPasswordLength = 1024;

/** Words that users extend with digits and symbols when a password must be longer. */
const commonPasswords = new Set(
  (
    'password passwort passw passwords admin administrator root user guest login welcome letmein secret test testing changeme default ' +
    'master access hello monkey dragon football baseball superman batman iloveyou sunshine princess shadow michael trustno starwars ' +
    'qwerty qwertyuiop qwertyui asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc abc abcd abcdef abcdefg computer internet server ' +
    'database postgres pumphouse dlthub pipeline company summer winter spring autumn january monday google facebook whatever freedom ' +
    'correcthorsebatterystaple'
  ).split(' '),
);

const runs = [
  '01234567890123456789',
  '098765432109876543210987',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
];
const leet: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** @returns why the password is not allowed for this account; null if it is */
export function findPasswordProblem(password: string, email: string): string | null {
  const length = Array.from(password.normalize('NFKC')).length;
  if (length < minPasswordLength)
    return `The password has ${length} characters; it needs at least ${minPasswordLength}. A passphrase of a few words is easy to remember.`;
  if (length > maxPasswordLength) return `The password can have at most ${maxPasswordLength} characters.`;
  const plain = password.normalize('NFKC').toLowerCase();
  if (isFromEmail(plain, email.trim().toLowerCase()))
    return 'The password is too similar to the e-mail address. Choose another.';
  if (isCommon(plain)) return 'The password is too common. Choose another.';
  return null;
}

function isFromEmail(plain: string, email: string): boolean {
  const [name = ''] = email.split('@');
  return [email, name].some((part) => part.length >= 4 && plain.replaceAll(part, '').length < 4);
}

function isCommon(plain: string): boolean {
  if (new Set(plain).size < 4 || isRepeated(plain) || runs.some((run) => run.includes(plain))) return true;
  // Remove the padding around a word, then undo letter substitutions.
  const bare = plain.replace(/^\P{L}+|\P{L}+$/gu, '');
  const asWord = bare.replaceAll(/./gu, (character) => leet[character] ?? character);
  return [bare, asWord, asWord.replaceAll(/\P{L}/gu, '')].some(isCommonWord);
}

/** Matches a common word, or two in a row. */
function isCommonWord(text: string): boolean {
  if (commonPasswords.has(text)) return true;
  return [...commonPasswords].some(
    (word) => text.startsWith(word) && commonPasswords.has(text.slice(word.length)),
  );
}

/** Matches the same short text repeated. */
function isRepeated(text: string): boolean {
  return /^(.{1,5})\1+(?:.{0,4})$/u.test(text) && new Set(text).size <= 6;
}
