/** Decides whether the server may listen where users of other machines can reach it. */
import type { Persistence } from '../store/store.ts';
import { isLoopbackHost } from './allowed-hosts.ts';

export interface ExposureInput {
  /** PUMPHOUSE_HOST. */
  host: string;
  publicUrl: string | null;
  /** Whether a user owns an organization here. */
  hasOwner: boolean;
  /** Whether runs start without a sandbox, because an operator allowed it. */
  runsUnisolated: boolean;
}

/** Lists what is missing before the server may listen there, with what to do; empty if it may. */
export function listExposureProblems(input: ExposureInput): string[] {
  if (isLoopbackHost(input.host)) return [];
  return [
    ...(input.hasOwner
      ? []
      : [
          'There is no owner account, so the first visitor could take over this server. Create one: ' +
            'bin/pumphouse admin create-owner --email YOU@EXAMPLE.COM --password-stdin. ' +
            'Or start it on loopback (PUMPHOUSE_HOST=127.0.0.1) and follow the link that it prints.',
        ]),
    ...(input.publicUrl
      ? []
      : [
          'PUMPHOUSE_PUBLIC_URL is not set: set it to the address at which users and clients reach this server.',
        ]),
    ...(input.runsUnisolated
      ? [
          'Runs have no sandbox (PUMPHOUSE_ALLOW_UNISOLATED=1): their code can read what the server can read. Install bubblewrap, or remove that setting.',
        ]
      : []),
  ];
}

/** @throws Error that lists what is missing, if the server may not listen on the configured address */
export async function requireExposureAllowed(
  { store }: Persistence,
  input: Omit<ExposureInput, 'hasOwner'>,
): Promise<void> {
  const problems = listExposureProblems({ ...input, hasOwner: await store.people.hasOwner() });
  if (problems.length === 0) return;
  throw new Error(
    `PUMPHOUSE_HOST is ${input.host}, and this server does not listen beyond loopback yet:\n  ${problems.join('\n  ')}`,
  );
}
