import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { readFiles } from './file/read-files.ts';
import { countChanges, describeChange, formatPlan } from './plan/format-plan.ts';
import type { Plan } from './plan/make-plan.ts';
import { preparePlan } from './prepare-plan.ts';

export interface PlanCommandOptions {
  file: string[];
  exitCode?: boolean;
  writeSecrets?: boolean;
}

/** Shows what an apply would change. With `--exit-code` the exit code is 1 if there are changes. */
export async function showPlan(session: Session, options: PlanCommandOptions): Promise<ExitCode> {
  const file = await readFiles(options.file);
  const { plan } = await preparePlan(session, file, { writesSecrets: options.writeSecrets ?? false });
  session.show(describePlan(plan), () => formatPlan(plan, (tone, text) => session.terminal.tone(tone, text)));
  noteWarnings(session, plan);
  return options.exitCode && plan.changes.length > 0 ? exitCodes.runFailed : exitCodes.done;
}

/** Returns a plan as JSON. */
function describePlan({ changes, warnings, uncomparedSecrets }: Plan) {
  return {
    changes: changes.map(describeChange),
    counts: countChanges(changes),
    warnings,
    uncompared_secrets: uncomparedSecrets,
  };
}

/** Prints the warnings of a plan, and how many secrets it leaves as they are. */
export function noteWarnings({ terminal }: Session, { warnings, uncomparedSecrets: count }: Plan): void {
  for (const warning of warnings) terminal.note(warning);
  if (count === 0) return;
  terminal.note(
    `${count === 1 ? '1 secret was' : `${count} secrets were`} not compared, because the server does not return secrets. To write all secrets again: pumphouse apply --write-secrets`,
  );
}
