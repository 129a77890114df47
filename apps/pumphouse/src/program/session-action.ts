import { Command } from 'commander';
import type { ExitCode } from '../errors/exit-codes.ts';
import type { GlobalOptions, Session } from '../session/session.ts';

/** The process of the command, and how it ends. */
export interface Cli {
  owner: NodeJS.Process;
  /** The exit code of the command, if it is not 0. */
  setExitCode(code: ExitCode): void;
}

/**
 * The work of a command: its arguments as Commander parsed them (an optional one may be undefined) and its
 * options, which include the global ones. A returned exit code replaces 0.
 */
export type Work<Args extends unknown[], Options> = (
  session: Session,
  args: Args,
  options: Options & GlobalOptions,
) => Promise<ExitCode | void>;

/** Makes an action of Commander that opens a session first. */
export function withSession<Args extends unknown[], Options = object>(
  cli: Cli,
  work: Work<Args, Options>,
): (...parameters: unknown[]) => Promise<void> {
  return async (...parameters) => {
    const command = parameters.at(-1);
    if (!(command instanceof Command)) throw new TypeError('Commander passed no command to its action');
    const { openSession } = await import('../session/open-session.ts');
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const session = await openSession(cli.owner, options);
    // Commander calls an action with the parsed arguments, then the options and the command.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the declared arguments of the command
    const code = await work(session, parameters.slice(0, -2) as Args, options);
    if (code !== undefined) cli.setExitCode(code);
  };
}
