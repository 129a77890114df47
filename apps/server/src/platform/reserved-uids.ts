/**
 * User ids for processes started by a server that runs as root. They have no entry in /etc/passwd and need
 * none.
 *
 * 60706 to 61183 is the only range below 65536 that systemd's table of uid ranges leaves unassigned: no
 * distribution assigns these ids to users, services or containers, and a user namespace of the usual 65536
 * ids still includes them. Postgres and the runs must never share an id: only ownership protects the database
 * folder.
 */

/** Owner of the embedded Postgres and of its data. */
export const postgresUid = 60_900;

/**
 * First uid for runs: one for each workspace, because local data keeps its owner, and one for each
 * organization for builds.
 */
const firstRunUid = 60_906;

/** Last uid for runs. */
const lastRunUid = 61_180;

/** The uid of the runs of a workspace, or of the builds of an organization, from its offset. */
export const uidOfRuns = (offset: number): number => firstRunUid + (offset % (lastRunUid - firstRunUid + 1));
