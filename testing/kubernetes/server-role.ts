/** A rule of a Role, as in rbac.authorization.k8s.io/v1. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The only permissions of the server's service account, in its namespace. */
export const serverRules: PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['pods'],
    verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete', 'deletecollection'],
  },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  // Without get and list: the server cannot read secrets, its own included.
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'delete'] },
  // They mark environments that are complete.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get', 'delete'] },
  { apiGroups: [''], resources: ['services'], verbs: ['create', 'get', 'list', 'delete'] },
  {
    apiGroups: ['networking.k8s.io'],
    resources: ['networkpolicies'],
    verbs: ['create', 'get', 'list', 'delete'],
  },
];
