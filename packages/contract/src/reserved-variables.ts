/**
 * Names that workspace variables cannot have. The server rejects them in changes and leaves stored ones out
 * of runs, the console marks them, and docs/concepts/variables.md lists them.
 */

export interface ReservedVariableGroup {
  /** The reason, as the end of "PATH is reserved: ...". */
  reason: string;
  /** What to do instead, as a sentence without a full stop; null if there is no alternative. */
  instead: string | null;
  names: readonly string[];
  /** Prefixes of names. */
  prefixes: readonly string[];
  /** Allowed names that begin with a reserved prefix. */
  except?: readonly string[];
}

/**
 * Case-sensitive, as on Linux and for all programs that read these: `path` and `ld_preload` have no meaning.
 */
export const reservedVariables: readonly ReservedVariableGroup[] = [
  {
    reason: 'Pumphouse sets it in every run',
    instead: null,
    names: [
      'HOME',
      'PATH',
      'PORT',
      'PYTHONDONTWRITEBYTECODE',
      'PYTHONUNBUFFERED',
      'RUNTIME__API_BASE_URL',
      'RUNTIME__AUTH_TOKEN',
      'RUNTIME__DATAPLANE_BASE_URL',
      'RUNTIME__ORGANIZATION_ID',
      'RUNTIME__RUN_ID',
      'RUNTIME__WORKSPACE_ID',
      'TMPDIR',
    ],
    prefixes: ['PUMPHOUSE_', 'RUNTIME__DLTHUB_', 'SEND__ARTIFACTS__', 'SYNC__ARTIFACTS__'],
    // Users choose with it how their runs start.
    except: ['PUMPHOUSE_START'],
  },
  {
    reason: 'the profile of a run comes from its job',
    instead: 'Set require.profile of the job, or choose a profile when you start the run',
    names: ['WORKSPACE__PROFILE'],
    prefixes: [],
  },
  {
    reason: 'dlt keeps it for the server it runs on',
    instead: null,
    names: ['DASHBOARD__SYNC_FROM_RUNTIME'],
    prefixes: ['DESTINATION__PLAYGROUND__'],
  },
  {
    reason: 'it moves the folders in which dlt finds its configuration and keeps local data from run to run',
    instead: 'Use relative paths: they are below the workspace folder',
    names: ['DLT_CONFIG_FOLDER', 'DLT_DATA_DIR', 'DLT_LOCAL_DIR', 'DLT_PROJECT_DIR'],
    prefixes: [],
  },
  {
    reason: 'the dynamic loader reads it, before any code of the run',
    instead: 'Install the library in the image of the runs, or load it with ctypes',
    names: ['GCONV_PATH', 'GETCONF_DIR', 'GLIBC_TUNABLES', 'LOCPATH', 'NLSPATH'],
    prefixes: ['LD_'],
  },
  {
    reason: 'it changes how the memory allocator behaves in the whole run',
    instead:
      'Set MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ or PYTHONMALLOC: these are allowed',
    names: [],
    prefixes: ['MALLOC_'],
    except: ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_'],
  },
  {
    reason: 'Python reads it at its start, to find its modules or to run other code first',
    instead: 'Name packages in the requirements, and put modules into the workspace folder',
    names: [
      'PYTHONEXECUTABLE',
      'PYTHONHOME',
      'PYTHONINSPECT',
      'PYTHONPATH',
      'PYTHONPLATLIBDIR',
      'PYTHONPYCACHEPREFIX',
      'PYTHONSAFEPATH',
      'PYTHONSTARTUP',
      'PYTHONUSERBASE',
    ],
    prefixes: [],
  },
  {
    reason: 'it makes every shell or Node process load other code first',
    instead: 'Pass the option in the call of the program',
    names: ['BASH_ENV', 'NODE_OPTIONS'],
    prefixes: [],
  },
];

/** The group that reserves a name, or null if a variable may have the name. */
export function findReservedVariable(name: string): ReservedVariableGroup | null {
  return reservedVariables.find((group) => isIn(group, name)) ?? null;
}

function isIn({ names, prefixes, except = [] }: ReservedVariableGroup, name: string): boolean {
  if (except.includes(name)) return false;
  return names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

/** The reason and the alternative, as text that follows the name; null if a variable may have the name. */
export function describeReservedVariable(name: string): string | null {
  const group = findReservedVariable(name);
  return group && `is reserved: ${group.reason}. ${group.instead ?? 'Choose another name'}`;
}

/** The same as sentences that begin with the name. */
export function explainReservedVariable(name: string): string | null {
  const description = describeReservedVariable(name);
  return description && `${name} ${description}.`;
}
