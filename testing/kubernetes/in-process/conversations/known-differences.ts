export interface KnownDifference {
  path: RegExp;
  why: string;
  /** Only if this was recorded. */
  recorded?: RegExp;
}

/** Where in a recording an exchange is. */
export interface Place {
  method: string;
  path: string;
  index: number;
  isLast: boolean;
}

/** Recorded exchanges that this cluster cannot have, with the reason: by the name of their file. */
export const notReplayed: Record<string, { isIt: (exchange: Place) => boolean; why: string }> = {
  'node-lost': {
    isIt: ({ isLast }) => isLast,
    why: 'Since 1.26, the collector of pods sets the phase Failed before it removes one of a lost node.',
  },
  'grace-over': {
    isIt: ({ isLast }) => isLast,
    why: 'A busy node removes a killed container before it reports its end, and then does not know it.',
  },
  'evicted-for-memory': {
    isIt: ({ index }) => index >= 4,
    why: 'Since 1.22, an evicted pod keeps its conditions and the statuses of its containers.',
  },
  services: {
    isIt: ({ method, path }) => method === 'DELETE' && path.endsWith('/services/app'),
    why: 'Since 1.23, the response is the service.',
  },
};

/** Where this cluster answers differently from the recorded one, Kubernetes 1.20, on purpose. */
export const knownDifferences: KnownDifference[] = [
  {
    path: /\.metadata\.annotations(\.seccomp\.security\.alpha\.kubernetes\.io\/pod)?$/,
    why: 'Until 1.27, the seccomp profile was also an annotation.',
  },
  { path: /\.metadata\.generation$/, why: 'Pods have a generation since 1.34.' },
  { path: /\.conditions\.DisruptionTarget$/, why: 'The condition exists since 1.26.' },
  { path: /\.conditions\.PodReadyToStartContainers$/, why: 'The condition exists since 1.29.' },
  { path: /\.status\.hostIPs$/, why: 'The field exists since 1.28.' },
  {
    path: /\.conditions\.(ContainersReady|Ready)\.(reason|message)$/,
    why: 'Since 1.25, a failed pod is not ready for the reason PodFailed.',
    recorded: /^(ContainersNotReady|containers with unready status: .*)$/,
  },
  {
    path: /\.conditions\.PodScheduled\.message$/,
    why: 'Since 1.26, the scheduler adds what preemption could do.',
    recorded: /^0\/2 nodes are available: /,
  },
  {
    path: /\.tolerations\..*\.tolerationSeconds$/,
    why: 'The real cluster is set to give up lost nodes sooner than by default.',
  },
  {
    path: /\.state\.waiting\.message$/,
    why: 'The registry of the real cluster cannot be reached, and later versions repeat the error.',
    recorded: /failed to do request|^Back-off pulling image "[^"]+"$/,
  },
  {
    path: /\.spec\.(internalTrafficPolicy|ipFamilies|ipFamilyPolicy)$/,
    why: 'Services have these fields since 1.23.',
  },
  {
    path: /\.message$/,
    why: 'The error of the JSON parser of Go.',
    recorded: /invalid character|unmarshalerDecoder/,
  },
  {
    path: /\.message$/,
    why: 'The real server shows the difference of the two specs; fields that may change were added in 1.22.',
    recorded: /pod updates may not change fields other than/,
  },
  { path: /\.spec\.unknownField$/, why: 'This server keeps fields that it does not know.' },
  {
    path: /\.labels\.pumphouse\.test\/preempt$/,
    why: 'The real cluster marks the pod that its scheduler is to preempt.',
  },
];
