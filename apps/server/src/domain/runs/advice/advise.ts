import { explainMissingPart, knownBadCombinations } from '@pumphouse/contract';
import type { Advise } from './raised-error.ts';
import { adviseOnConnections } from './advise-connections.ts';
import { adviseOnDatabases } from './advise-databases.ts';
import { adviseOnDlt } from './advise-dlt.ts';
import { adviseOnPython } from './advise-python.ts';

/**
 * Derives the next step after an exception from the types of the exceptions and from where they were raised. A
 * message decides only where a library has one type for several problems. Null if there is no sure advice.
 */
export const adviseOnError: Advise = (error) =>
  explainMissingPart(error.main.message) ??
  adviseOnVersions(error) ??
  adviseOnDlt(error) ??
  adviseOnConnections(error) ??
  adviseOnDatabases(error) ??
  adviseOnPython(error);

/** The list of packages that do not work together quotes the exception that one of them raises. */
const adviseOnVersions: Advise = ({ main, isOfUserCode }) => {
  if (isOfUserCode) return null;
  const text = `\`${main.type}: ${main.message}\``;
  const found = knownBadCombinations.find(({ what }) => what.includes(text));
  if (!found) return null;
  return `Add \`${found.pin}\` to your requirements, deploy and start the job again.${found.caution === undefined ? '' : ` ${found.caution}`}`;
};
