/** Exit codes of the command, which scripts rely on. Documented in docs/reference/cli.md. */
export const exitCodes = {
  done: 0,
  /** The command worked; the run that it followed did not complete, or `--exit-code` reports differences. */
  runFailed: 1,
  usage: 2,
  notSignedIn: 3,
  notFound: 4,
  /** The server or the workspace's code refused: no permission, a conflict, invalid input. */
  refused: 5,
  unreachable: 6,
  /** An error in the command itself. */
  defect: 70,
  /** The user pressed Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each exit code means, for the help and the reference. */
export const exitCodeMeanings: readonly [code: ExitCode, meaning: string][] = [
  [exitCodes.done, 'Done'],
  [
    exitCodes.runFailed,
    'The run that the command followed failed, was cancelled or was skipped; with `--exit-code`, there are differences',
  ],
  [exitCodes.usage, 'Wrong arguments or options, or no workspace folder'],
  [exitCodes.notSignedIn, 'Not signed in, or the login has expired'],
  [exitCodes.notFound, 'The job, run, workspace or other object does not exist'],
  [exitCodes.refused, 'Refused: no permission, a conflict, or invalid input'],
  [exitCodes.unreachable, 'The server does not answer, or the address is not a Pumphouse server'],
  [exitCodes.defect, 'A defect in the command itself'],
  [exitCodes.interrupted, 'Interrupted with Ctrl-C'],
];
