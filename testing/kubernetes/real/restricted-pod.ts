interface PodPlan {
  name: string;
  image: string;
  /** Run by sh */
  script: string;
  memory?: string;
  cpu?: string;
  pullPolicy?: 'IfNotPresent' | 'Never' | 'Always';
}

/** A pod of the Pod Security level `restricted` that runs one script and never restarts. */
export function describeRestrictedPod(plan: PodPlan) {
  const { name, image, script, memory = '64Mi', cpu = '10m', pullPolicy = 'IfNotPresent' } = plan;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'pumphouse-test' } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 60906,
        runAsGroup: 60906,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'run',
          image,
          imagePullPolicy: pullPolicy,
          command: ['sh', '-c', script],
          resources: {
            requests: { cpu, memory, 'ephemeral-storage': '16Mi' },
            limits: { memory, 'ephemeral-storage': '64Mi' },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}

/** Runs until SIGTERM, then ends with 0: as the first process of its container, sleep ignores the signal. */
export const waitForSignal = "trap 'exit 0' TERM; echo started; while :; do sleep 0.2; done";
