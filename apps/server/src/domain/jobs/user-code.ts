/**
 * Letters for codes that users read from one screen and type on another. No vowels, so that no words appear,
 * and no digits.
 */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** Characters that users confuse with a letter. */
const lookalikes: Record<string, string> = { '1': 'L', '2': 'Z', '5': 'S', '6': 'G', '8': 'B', I: 'L' };

/**
 * Creates a code such as `BCDF-GHJK`.
 * @param pick returns a uniformly distributed integer from 0 to below its argument
 */
export function createUserCode(pick: (below: number) => number): string {
  return format(Array.from({ length }, () => letters[pick(letters.length)] ?? '').join(''));
}

/** Parses a typed code in any case and with any separators between the letters; null if it is not valid. */
export function readUserCode(typed: string): string | null {
  // Truncate first: the input is untrusted.
  const characters = Array.from(typed.slice(0, 100).normalize('NFKC').toUpperCase());
  const code = characters
    .filter((character) => /[\p{L}\p{N}]/u.test(character))
    .map((character) => lookalikes[character] ?? character)
    .join('');
  return code.length === length && Array.from(code).every((letter) => letters.includes(letter))
    ? format(code)
    : null;
}

function format(code: string): string {
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;
}
