import type { StepResult } from './resource-kind.ts';

interface Owner {
  /** The command that has `replace-secret`. */
  command: 'alert channels' | 'events';
  name: string;
  workspace: string;
}

/** The result of a step whose resource has a signing secret: the caller decides whether it is shown. */
export function hideSigningSecret(value: string, { command, name, workspace }: Owner): StepResult {
  const options = `${JSON.stringify(name)} --overlap-hours 0 --workspace ${JSON.stringify(workspace)}`;
  return {
    secret: {
      kind: 'signing_secret',
      value,
      shown: 'Its signing secret is shown only here:',
      hidden: `Its signing secret is not shown without --show-secrets. Get a new one: pumphouse ${command} replace-secret ${options}`,
    },
  };
}
