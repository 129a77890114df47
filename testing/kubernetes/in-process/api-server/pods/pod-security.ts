import { allContainers, type Container, type Pod } from './pod.ts';

/** Volume types that the level `restricted` allows. */
const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/**
 * Checks a pod against the Pod Security level `restricted`.
 * @returns one text per violation, as Kubernetes lists them
 */
export function listRestrictedViolations({ spec }: Pod): string[] {
  const containers = allContainers(spec);
  const pod = spec.securityContext ?? {};
  const violations: string[] = [];
  const report = (title: string, detail: string) => violations.push(`${title} (${detail})`);
  const check = (title: string, isWrong: (container: Container) => boolean, rule: string) => {
    const wrong = containers.filter(isWrong);
    if (wrong.length > 0) report(title, `${nameContainers(wrong)} must ${rule}`);
  };

  const namespaces = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  if (namespaces.length > 0) report('host namespaces', namespaces.map((name) => `${name}=true`).join(', '));
  check(
    'privileged',
    (one) => one.securityContext?.privileged === true,
    'not set securityContext.privileged=true',
  );
  check(
    'allowPrivilegeEscalation != false',
    (one) => one.securityContext?.allowPrivilegeEscalation !== false,
    'set securityContext.allowPrivilegeEscalation=false',
  );
  check(
    'unrestricted capabilities',
    (one) => {
      const { drop = [], add = [] } = one.securityContext?.capabilities ?? {};
      return !drop.includes('ALL') || add.some((name) => name !== 'NET_BIND_SERVICE');
    },
    'set securityContext.capabilities.drop=["ALL"]',
  );
  const volumes = (spec.volumes ?? []).filter((volume) => !isAllowedVolume(volume));
  if (volumes.length > 0) {
    const names = volumes.map(({ name }) => `"${name}"`).join(', ');
    const types = [
      ...new Set(volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'))),
    ];
    const [noun, verb] = volumes.length === 1 ? ['volume', 'uses'] : ['volumes', 'use'];
    const kinds = types.length === 1 ? 'volume type' : 'volume types';
    report(
      'restricted volume types',
      `${noun} ${names} ${verb} restricted ${kinds} ${types.map((one) => `"${one}"`).join(', ')}`,
    );
  }
  const isRootAllowed = (one: Container) => (one.securityContext?.runAsNonRoot ?? pod.runAsNonRoot) !== true;
  if (containers.some(isRootAllowed)) {
    const wrong = containers.filter(isRootAllowed);
    report(
      'runAsNonRoot != true',
      `pod or ${nameContainers(wrong)} must set securityContext.runAsNonRoot=true`,
    );
  }
  if (pod.runAsUser === 0) report('runAsUser=0', 'pod must not set runAsUser=0');
  const root = containers.filter((one) => one.securityContext?.runAsUser === 0);
  if (root.length > 0) report('runAsUser=0', `${nameContainers(root)} must not set runAsUser=0`);
  const profiles = ['RuntimeDefault', 'Localhost'];
  const hasNoProfile = (one: Container) =>
    !profiles.includes((one.securityContext?.seccompProfile ?? pod.seccompProfile)?.type ?? '');
  if (containers.some(hasNoProfile)) {
    const wrong = nameContainers(containers.filter(hasNoProfile));
    report(
      'seccompProfile',
      `pod or ${wrong} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    );
  }
  return violations;
}

const isAllowedVolume = (volume: object) =>
  Object.keys(volume).every((key) => key === 'name' || allowedVolumes.includes(key));

function nameContainers(containers: Container[]): string {
  const names = containers.map(({ name }) => `"${name}"`).join(', ');
  return containers.length === 1 ? `container ${names}` : `containers ${names}`;
}
