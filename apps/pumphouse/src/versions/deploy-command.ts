import { maxMessageLength } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { deploy, showManifest, type DeployInput, type Deployed } from './deploy.ts';
import type { Tone } from '../terminal/terminal.ts';
import type { SyncOutcome } from './sync-workspace.ts';
import { formatJson } from '../terminal/plain-text.ts';

export interface DeployOptions {
  message?: string;
  dryRun?: boolean;
  showManifest?: boolean;
  python?: string;
  fresh?: boolean;
}

const outcomes: Readonly<Record<string, { sign: string; tone: Tone }>> = {
  created: { sign: '+', tone: 'good' },
  updated: { sign: '~', tone: 'warning' },
  archived: { sign: '-', tone: 'bad' },
};

/** Deploys the workspace folder and shows what changed. */
export async function runDeploy(session: Session, options: DeployOptions): Promise<void> {
  const message = parseMessage(options.message);
  const input: DeployInput = {
    script: null,
    pythonName: options.python,
    isFresh: options.fresh ?? false,
    isDryRun: options.dryRun ?? false,
    message,
  };
  if (options.showManifest) {
    session.terminal.print(formatJson((await showManifest(session, input)).manifest, 2));
    return;
  }
  const deployed = await deploy(session, input);
  if (message !== null && deployed.sync.deployment.outcome === 'unchanged') {
    session.terminal.note('The code is unchanged: there is no new version for the message to describe.');
  }
  for (const warning of deployed.warnings) session.terminal.note(`Warning: ${warning}`);
  session.show(toData(deployed), () => describe(session, deployed, input.isDryRun));
}

/** @throws CommandError invalid_message */
function parseMessage(given: string | undefined): string | null {
  if (given === undefined) return null;
  const message = given.trim();
  if (message !== '' && message.length <= maxMessageLength) return message;
  const problem = message === '' ? 'is empty' : `has ${message.length} characters`;
  throw new CommandError(`The message ${problem}.`, {
    code: 'invalid_message',
    exitCode: exitCodes.usage,
    nextStep: `Give a message of 1 to ${maxMessageLength} characters.`,
  });
}

function toData({ sync, receipt, warnings }: Deployed) {
  return {
    deployment: sync.deployment,
    configuration: sync.configuration,
    jobs: [...receipt.succeeded, ...receipt.skipped].map(({ job, outcome }) => ({
      job_ref: job.job_ref,
      outcome,
      version: job.version,
    })),
    warnings,
  };
}

function describe({ terminal }: Session, { sync, receipt }: Deployed, isDryRun: boolean): string {
  const changed = receipt.succeeded.map(({ job, outcome }) => {
    const trigger = outcome === 'archived' ? '' : describeTrigger(job.job_definition);
    const { sign, tone } = outcomes[outcome] ?? { sign: ' ', tone: 'quiet' };
    return terminal.tone(tone, `  ${sign} ${job.job_ref}${trigger}`);
  });
  const unchanged = receipt.skipped.length;
  const summary = [
    ...changed,
    ...(changed.length === 0 ? [`No job ${isDryRun ? 'would change' : 'changed'}.`] : []),
    ...(unchanged > 0 && changed.length > 0 ? [`    ${unchanged} unchanged`] : []),
  ];
  return [
    describeSync('Code', sync.deployment),
    describeSync('Configuration', sync.configuration),
    ...summary,
  ].join('\n');
}

function describeSync(what: string, { version, outcome }: SyncOutcome): string {
  if (outcome === 'unchanged') return `${what} unchanged (version ${version})`;
  if (outcome === 'uploaded') return `${what} uploaded (version ${version})`;
  return version === null
    ? `${what} would be uploaded`
    : `${what} would be uploaded, after version ${version}`;
}

function describeTrigger(definition: Readonly<Record<string, unknown>>): string {
  const trigger = definition['default_trigger'];
  return typeof trigger === 'string' ? ` (${trigger})` : '';
}
