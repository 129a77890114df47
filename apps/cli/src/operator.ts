import { actAs } from '@pumphouse/server/operator';
import { userInfo } from 'node:os';

/** Runs the work as the operator who typed the command: the audit log names the machine's user account. */
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

/** A container may run as a user without a name. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
