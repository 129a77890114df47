import { actAs } from '@pumphouse/server/operator';
import { userInfo } from 'node:os';

/** Does the work as whoever typed the command: the audit log names the account of the machine. */
export function actAsOperator<Result>(work: () => Result): Result {
  return actAs(
    {
      kind: 'operator',
      userId: null,
      email: null,
      keyId: null,
      address: null,
      userAgent: `pumphouse admin, user ${readUserName()}`,
    },
    work,
  );
}

/** A container may run as a user that has no name. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
