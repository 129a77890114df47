/** Names that Pumphouse sets itself in every run, or that dlt keeps for the server it runs on: the contract's list. */
const RESERVED_NAMES = new Set([
  'DASHBOARD__SYNC_FROM_RUNTIME',
  'HOME',
  'PATH',
  'PORT',
  'PYTHONHOME',
  'PYTHONPATH',
  'PYTHONUNBUFFERED',
  'RUNTIME__API_BASE_URL',
  'RUNTIME__AUTH_TOKEN',
  'RUNTIME__DATAPLANE_BASE_URL',
  'RUNTIME__ORGANIZATION_ID',
  'RUNTIME__RUN_ID',
  'RUNTIME__WORKSPACE_ID',
  'WORKSPACE__PROFILE',
  // Ours: the bootstrap sets or drops them, so that a variable of this name would change nothing.
  'PYTHONDONTWRITEBYTECODE',
  'TMPDIR',
]);

const RESERVED_PREFIXES = [
  'DESTINATION__PLAYGROUND__',
  'RUNTIME__DLTHUB_',
  'SEND__ARTIFACTS__',
  'SYNC__ARTIFACTS__',
  // Ours.
  'PUMPHOUSE_',
];

const LONGEST_NAME = 200;

/** Why a variable cannot have this name, or null. Names that differ in case only are two names, as they are on Linux. */
export function findNameProblem(name: string): string | null {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= LONGEST_NAME) return null;
  return `must be letters, digits and '_' only, not begin with a digit, and have 1 to ${LONGEST_NAME} characters`;
}

/** Whether Pumphouse keeps the name for itself. */
export function isReservedName(name: string): boolean {
  return RESERVED_NAMES.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
}
