/** Where a walk takes its steps. */
export interface Walk {
  /** Names of a walk are its own: all walks use one server. */
  name: string;
  serverUrl: string;
  key: string;
  /** Writes files into the workspace folder. */
  write: (files: Record<string, string>) => Promise<void>;
}

/** One command of a walk, and what it must print. */
export interface Step {
  /** The words of a command, such as `workspace list`. */
  command: string;
  args?: readonly string[];
  /** The exit code; 0 if it is not given. */
  code?: number;
  text: string | RegExp;
  /** Standard input where there is no terminal. */
  input?: string;
  /** Arguments where there is no terminal, in addition. */
  elsewhere?: readonly string[];
  /** What the user types once a text is shown, on a terminal. */
  answers?: readonly (readonly [shown: string, keys: string])[];
  /** The command asks this: it needs `--yes` where there is no terminal. */
  question?: string;
  /** What else prints the state that an interrupted question must leave. */
  unchanged?: readonly [args: readonly string[], text: string | RegExp];
  /** Ctrl-C ends the command once this text is shown. Given by steps that follow something without an end. */
  interruptAfter?: string;
  /** Whether its standard output is not data: a script, or nothing. */
  hasNoData?: boolean;
  /** Runs in the folder above the workspace folder. */
  isOutside?: boolean;
  /** Runs before the step. */
  prepare?: (walk: Walk) => Promise<void>;
}

/** The key that ends an answer on a terminal. */
export const enter = '\r';
