import type { PolicyRule } from '../../server-role.ts';
import type { ResourceType } from './kube-object.ts';
import { forbidden, StatusError, unauthorized } from './status-error.ts';

/** Who sends a request. */
export interface Caller {
  user: string;
  /** 'all' for administrators. */
  rules: PolicyRule[] | 'all';
  /** Where the rules hold. */
  namespace: string;
  /** What Kubernetes tells about why something is allowed. */
  grant: string;
}

/** What a caller wants to do. */
export interface Attempt {
  verb: string;
  group: string;
  /** With its subresource: "pods/log" */
  resource: string;
  namespace: string | undefined;
}

const anonymous: Caller = { user: 'system:anonymous', rules: [], namespace: '', grant: '' };

/**
 * Finds the caller of a request by its bearer token.
 * @throws StatusError 401
 */
export function authenticate(authorization: string | undefined, callers: Map<string, Caller>): Caller {
  if (authorization === undefined) return anonymous;
  const [, token = ''] = /^Bearer (.+)$/i.exec(authorization) ?? [];
  const caller = callers.get(token);
  if (caller === undefined) throw unauthorized();
  return caller;
}

function isAllowed({ rules, namespace }: Caller, attempt: Attempt): boolean {
  if (rules === 'all') return true;
  if (attempt.namespace !== namespace) return false;
  return rules.some(
    ({ apiGroups, resources, verbs }) =>
      apiGroups.includes(attempt.group) &&
      resources.includes(attempt.resource) &&
      verbs.includes(attempt.verb),
  );
}

/** @throws StatusError 403 */
export function authorize(
  caller: Caller,
  attempt: Attempt,
  { type, name }: { type: ResourceType; name: string },
) {
  if (isAllowed(caller, attempt)) return;
  const where =
    attempt.namespace === undefined ? 'at the cluster scope' : `in the namespace "${attempt.namespace}"`;
  const what = `resource "${attempt.resource}" in API group "${attempt.group}" ${where}`;
  throw forbidden(type, name, `User "${caller.user}" cannot ${attempt.verb} ${what}`);
}

interface AccessReview {
  spec?: {
    resourceAttributes?: {
      verb?: string;
      group?: string;
      resource?: string;
      subresource?: string;
      namespace?: string;
    };
  };
}

/** Answers what a caller asks about its own permissions. */
export function reviewAccess(caller: Caller, review: AccessReview): object {
  const asked = review.spec?.resourceAttributes;
  if (asked === undefined) {
    const message = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw new StatusError({ code: 422, reason: 'Invalid', message });
  }
  const { verb = '', group = '', resource = '', subresource, namespace } = asked;
  const allowed = isAllowed(caller, {
    verb,
    group,
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace: namespace || undefined,
  });
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    spec: review.spec,
    status: { allowed, ...(allowed && { reason: caller.grant }) },
  };
}
