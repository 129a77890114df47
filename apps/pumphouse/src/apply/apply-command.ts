import { CommandError } from '../errors/command-error.ts';
import { explainError } from '../errors/explain-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { readFiles } from './file/read-files.ts';
import { applyChange } from './kinds/apply-change.ts';
import type { StepResult, StepSecret } from './kinds/resource-kind.ts';
import type { Change } from './plan/change.ts';
import { countChanges, describeChange, formatPlan, nameChange } from './plan/format-plan.ts';
import { noteWarnings } from './plan-command.ts';
import { preparePlan, requireSecrets, type PreparedPlan } from './prepare-plan.ts';
import { explainPermissions } from './state/explain-permissions.ts';

export interface ApplyCommandOptions {
  file: string[];
  yes?: boolean;
  writeSecrets?: boolean;
  showSecrets?: boolean;
}

/** A change and its result. */
interface Step extends StepResult {
  change: Change;
  outcome: 'done' | 'failed' | 'not_made';
}

/** Shows the plan, asks, and makes its changes one by one. */
export async function applyFiles(session: Session, options: ApplyCommandOptions): Promise<void> {
  const { terminal } = session;
  const file = await readFiles(options.file);
  const planOptions = { writesSecrets: options.writeSecrets ?? false };
  const shown = await preparePlan(session, file, planOptions);
  const { changes } = shown.plan;
  if (!session.isJson) terminal.print(formatPlan(shown.plan, (tone, text) => terminal.tone(tone, text)));
  noteWarnings(session, shown.plan);
  if (changes.length === 0) {
    if (session.isJson) showSteps(session, [], options);
    return;
  }
  requireSecrets(changes, shown.secrets);
  await confirm(
    terminal,
    `Make ${changes.length === 1 ? 'this change' : `these ${changes.length} changes`}?`,
    {
      isConfirmed: options.yes ?? false,
    },
  );
  // The server may have changed before the user answered.
  const current = options.yes ? shown : await preparePlan(session, file, planOptions);
  if (!isSamePlan(shown, current)) throw createOutdatedError();
  await makeChanges(session, current, options);
}

async function makeChanges(
  session: Session,
  { plan, ids, secrets }: PreparedPlan,
  options: ApplyCommandOptions,
): Promise<void> {
  const { terminal, client } = session;
  const context = {
    client: explainPermissions(client),
    ids,
    secretOf: (reference: string) => secrets.get(reference) ?? '',
  };
  const steps = plan.changes.map((change): Step => ({ change, outcome: 'not_made' }));
  for (const step of steps) {
    try {
      Object.assign(step, await applyChange(context, step.change), { outcome: 'done' });
    } catch (error) {
      step.outcome = 'failed';
      showSteps(session, steps, options);
      throw explainStop(error, steps);
    }
    terminal.note(`${pastTense[step.change.action]} ${nameChange(step.change)}`);
    if (step.note !== undefined) terminal.note(`  ${step.note}`);
    if (step.secret !== undefined) noteSecret(session, step.secret, options);
  }
  showSteps(session, steps, options);
  const { create, update, remove } = countChanges(plan.changes);
  terminal.note(`Done: ${create} created, ${update} changed, ${remove} removed.`);
}

const pastTense = { create: 'Created', update: 'Changed', remove: 'Removed' };

/** Anyone with a link can join, and anyone with a signing secret can forge messages: the log of a CI shows neither by default. */
function noteSecret(
  { terminal }: Session,
  { shown, value, hidden }: StepSecret,
  { showSecrets = terminal.isInteractive }: ApplyCommandOptions,
): void {
  terminal.note(showSecrets ? `  ${shown} ${value}` : `  ${hidden}`);
}

function showSteps(
  session: Session,
  steps: readonly Step[],
  { showSecrets = false }: ApplyCommandOptions,
): void {
  if (!session.isJson) return;
  const changes = steps.map(({ change, outcome, note, secret }) => ({
    ...describeChange(change),
    outcome,
    ...(note !== undefined && { note }),
    ...(showSecrets && secret !== undefined && { [secret.kind]: secret.value }),
  }));
  session.show({ changes }, () => '');
}

function isSamePlan(one: PreparedPlan, other: PreparedPlan): boolean {
  const textOf = ({ plan }: PreparedPlan) => JSON.stringify(plan.changes.map(describeChange));
  return textOf(one) === textOf(other);
}

function createOutdatedError(): CommandError {
  return new CommandError('The server has changed since the plan was shown.', {
    code: 'outdated_plan',
    exitCode: exitCodes.refused,
    nextStep: 'Nothing was changed. Run the command again to see the new plan.',
  });
}

function explainStop(error: unknown, steps: readonly Step[]): CommandError {
  const { message, code, exitCode, nextStep, lines } = explainError(error);
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  const namesOf = (outcome: Step['outcome']) =>
    steps
      .filter((step) => step.outcome === outcome)
      .map(({ change }) => `${change.action} ${nameChange(change)}`);
  return new CommandError(
    `${failed ? `${failed.change.action} ${nameChange(failed.change)}` : 'A step'}: ${message}`,
    {
      code,
      exitCode,
      nextStep: `${nextStep ?? ''}${nextStep === undefined ? '' : ' '}Then run the command again: it continues where it stopped.`,
      lines: [
        ...lines,
        ...namesOf('done').map((name) => `done: ${name}`),
        ...namesOf('not_made').map((name) => `not made: ${name}`),
      ],
    },
  );
}
