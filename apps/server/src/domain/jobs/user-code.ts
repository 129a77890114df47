/** Letters of the codes that people read from one screen and type at another: none is a vowel, so that no word comes about, nor a digit. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** What people take for a letter. */
const lookalikes: Record<string, string> = { '1': 'L', '2': 'Z', '5': 'S', '6': 'G', '8': 'B', I: 'L' };

/** @param pick gives a whole number from 0 to below its argument, evenly. @returns such as `BCDF-GHJK` */
export function createUserCode(pick: (below: number) => number): string {
  return format(Array.from({ length }, () => letters[pick(letters.length)] ?? '').join(''));
}

/** The code that somebody meant to type, whatever the case and whatever stands between the letters; null for what is none. */
export function readUserCode(typed: string): string | null {
  // Bounded before it is worked on: what is typed comes from anybody.
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
