/**
 * User ids for the processes that a server running as root starts. They have no line in /etc/passwd and need none.
 *
 * 60706 to 61183 is the one gap below 65536 that systemd's table of uid ranges leaves unassigned: no distribution gives
 * these ids to people, services or containers, and a user namespace of the usual 65536 ids still has them.
 * Postgres and the runs must never meet in one id: the folder of the database is closed to others by ownership alone.
 */

/** Owner of the embedded Postgres and of its data. */
export const postgresUid = 60_900;

/** First of the ids that runs get: one a workspace, since its local data keeps its owner, and one an organization for builds. */
export const firstRunUid = 60_906;

/** Last of the ids that runs get. */
export const lastRunUid = 61_180;
