/** Runs the commands of a build, each with the access of its kind. */
import { join } from 'node:path';
import type { EnvironmentLine, EnvironmentSpec } from '../contract/environment-builder.ts';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import { planBuildVariables, type BuildStep } from '../environment-steps.ts';
import { buildJoinCommand, type GroupPlan } from './control-group-plan.ts';
import { describeMetLimit } from './control-groups.ts';
import { usesNetwork, type BuildContext, type StepKind } from './build-context.ts';
import { buildEnterCommand } from './enter-user.ts';
import type { EnvironmentBuilderOptions } from './build-options.ts';
import { readHostLayout } from './host-layout.ts';
import { decideRunUser } from './isolation.ts';
import { explainUvFailure } from '../../domain/environments/uv-failure.ts';
import type { PythonInterpreter } from './python-interpreter.ts';
import { runCommand, type CommandResult } from './run-command.ts';

export interface Build {
  options: EnvironmentBuilderOptions;
  spec: EnvironmentSpec;
  interpreter: PythonInterpreter;
  context: BuildContext;
  group: GroupPlan;
  mask: (text: string) => string;
  onLine: (line: EnvironmentLine) => void;
  signal: AbortSignal | undefined;
}

export interface Step extends BuildStep {
  kind: StepKind;
  /** Selects the log lines of a successful command; none by default. A failed command logs all lines. */
  shows?: (text: string) => boolean;
}

const KEPT_LINES = 10_000;
/** Exit code of `with_network.py` when it fails to create a network. */
const noNetworkCode = 125;

/** @throws EnvironmentBuildError with uv's last line, after all lines were logged */
export async function runStep(build: Build, step: Step): Promise<void> {
  const { options, group, onLine, signal } = build;
  const held: EnvironmentLine[] = [];
  const result = await runCommand(buildStepCommand(build, step), {
    variables: planStepVariables(build, step.kind),
    onLine: (line) => {
      if (step.shows?.(line.text) === true) onLine(line);
      else if (held.length < KEPT_LINES) held.push(line);
    },
    signal,
    mask: build.mask,
  });
  if (signal?.aborted === true) {
    throw new EnvironmentBuildError('builder_failed', 'The build was cancelled.', { cause: signal.reason });
  }
  if (result.code === 0) return;
  for (const line of held) onLine(line);
  if (result.code === noNetworkCode && options.network !== null && usesNetwork(step.kind))
    throw new EnvironmentBuildError('builder_failed', describeMissingNetwork(result));
  const limit = await describeMetLimit(group, options.buildLimits);
  const message = describeFailure(result);
  throw new EnvironmentBuildError(step.failure, limit === null ? message : `${message} ${limit}`);
}

function buildStepCommand(
  { options, spec, interpreter, context, group }: Build,
  { kind, command }: Step,
): string[] {
  const enter = buildEnterCommand({
    pythonPath: interpreter.executable,
    user: decideRunUser(options.isolation, spec.uid),
    // A sandbox ends with the server; a process without one would otherwise keep building.
    dieWithPid: options.isolation.kind === 'none' ? process.pid : null,
  });
  return [
    ...buildJoinCommand(group.joinFiles),
    ...buildNetworkCommand(options, kind),
    ...context.enter(kind),
    ...enter,
    ...command,
  ];
}

/**
 * Argv that precedes a command to give it its own network; empty if the command has no network or uses the
 * machine's.
 */
function buildNetworkCommand(
  { network, pythonPath, bootstrapDir }: EnvironmentBuilderOptions,
  kind: StepKind,
): string[] {
  if (network === null || !usesNetwork(kind)) return [];
  return [pythonPath, '-I', '-S', join(bootstrapDir, 'with_network.py'), JSON.stringify(network)];
}

function planStepVariables({ spec, context }: Build, kind: StepKind): Record<string, string> {
  const { certificateBundle } = readHostLayout();
  if (kind === 'source') return planBuildVariables(spec, context.inside, certificateBundle);
  const paths = { ...context.inside, cache: `${context.inside.clean}/cache` };
  const variables = planBuildVariables(spec, paths, certificateBundle);
  // Hard links are safe here: the cache belongs to this build alone, and the store copies the files.
  return { ...variables, UV_LINK_MODE: 'hardlink' };
}

function describeMissingNetwork({ stderr }: CommandResult): string {
  const message = stderr.join(' ').trim();
  return `${message === '' ? 'pasta did not create a network.' : message} pasta needs access of the server's user to /dev/net/tun.`;
}

function describeFailure({ code, signal, stderr, stdout }: CommandResult): string {
  const message = explainUvFailure(stderr.length > 0 ? stderr : stdout);
  return message === ''
    ? `The build ended with ${signal ?? `exit code ${code}`} without any output.`
    : message;
}
