/** The folders of an installation on its claim. */
import { z } from 'zod';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import { planVolumePaths } from './volume-paths.ts';
import { askClaimProgram } from './short-pod.ts';

/** Any user of runs can look at all folders; only the owner of a folder can remove it. */
export const lookingUid = 60_906;

const common = {
  path: z.string(),
  changed_at: z.number(),
  size_bytes: z.number().nullable(),
  uid: z.number(),
};
const entrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('environment'), key: z.string(), ...common }),
  z.object({ kind: z.literal('cache'), organization: z.string(), ...common }),
  z.object({ kind: z.literal('copy'), attempt: z.string(), ...common }),
  z.object({
    kind: z.enum(['local-data', 'remains']),
    workspace: z.string(),
    profile: z.string(),
    ...common,
  }),
]);

type Read = z.infer<typeof entrySchema>;
export type ClaimEntry = Read & { changedAt: Date; sizeBytes: number | null };

/** @returns paths relative to the folder of the installation; none without a claim */
export async function listClaim(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  { withSizes }: { withSizes: boolean },
): Promise<ClaimEntry[]> {
  if (connection.volumeClaim === null) return [];
  const { root } = planVolumePaths(backend.installationId);
  const listed = await askClaimProgram<unknown>(backend, connection, {
    action: 'list',
    given: { root, with_sizes: withSizes },
    uid: lookingUid,
  });
  return z
    .array(entrySchema)
    .parse(listed)
    .map((entry) => ({
      ...entry,
      changedAt: new Date(entry.changed_at * 1000),
      sizeBytes: entry.size_bytes,
    }));
}
