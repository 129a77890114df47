import { parse as parseToml } from 'smol-toml';

/** What a configuration file holds. One that is no TOML fails the run inside dlt; whatever looks like a value in it is masked all the same. */
export function parseConfiguration(text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    return [...text.matchAll(/=\s*["']?([^"'\n]+)/g)].map((match) => match[1]?.trim());
  }
}
