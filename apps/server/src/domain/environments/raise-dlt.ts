/** The first release of dlt 1 with the modules that start jobs. */
const firstMinor = 26;
const raisedVersion = '1.26.0';

const dltLine = /^\s*(dlt\s*(?:\[[^\]]*\])?)\s*([^;@]*)(;.*)?$/i;
const upperBound = /^\s*(===?|~=|<=?)\s*1\.(\d+)(?:\.(\d+|\*))?/;

/**
 * Raises a requirement that allows only releases of dlt 1 without the modules that start jobs. Workspaces of
 * the older client (`dlt runtime`) have such requirements. Other lines are returned unchanged.
 */
export function raiseDlt(line: string): string {
  const [, name, specifiers = '', marker] = dltLine.exec(line) ?? [];
  if (name === undefined || !specifiers.split(',').some(excludesLaunchers)) return line;
  return `${name.trim()}==${raisedVersion}${marker === undefined ? '' : ` ${marker}`}`;
}

function excludesLaunchers(specifier: string): boolean {
  const [, operator, minor, patch] = upperBound.exec(specifier) ?? [];
  if (operator === undefined) return false;
  // `~=1.24` allows 1.26, and `~=1.24.0` does not.
  if (operator === '~=' && patch === undefined) return false;
  const isFirst = Number(minor) === firstMinor && Number(patch ?? 0) === 0;
  return Number(minor) < firstMinor || (operator === '<' && isFirst);
}
