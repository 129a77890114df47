/** Values of the chart for installations of several kinds. */

/** What every installation has to give. */
export const requiredValues = {
  image: { registry: 'registry.example.com/team' },
  publicUrl: 'https://pumphouse.example.com',
  database: {
    url: 'postgres://pumphouse@postgres.example.com:5432/pumphouse?sslmode=verify-full',
    passwordSecret: { name: 'pumphouse-database' },
  },
  secretKey: { name: 'pumphouse-secret-key' },
};

const s3 = {
  url: 's3://pumphouse/production',
  endpoint: 'https://s3.example.com:8333',
  region: 'eu-central-1',
  credentialsSecret: { name: 'pumphouse-s3' },
};

export const valueSets: Record<string, object> = {
  'roles apart': requiredValues,
  'one server': { ...requiredValues, mode: 'single' },
  S3: { ...requiredValues, blobs: { s3 } },
  'a move from the volume to S3': { ...requiredValues, blobs: { s3, movesToS3: true } },
  'S3 by the identity of the service account': {
    ...requiredValues,
    blobs: { s3: { url: 's3://pumphouse', region: 'eu-central-1' } },
    serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/pumphouse' } },
  },
  'existing claims and namespace': {
    ...requiredValues,
    blobs: { volume: { existingClaim: 'blobs' } },
    runs: { namespace: { name: 'data-runs', create: false }, volume: { existingClaim: 'runs' } },
  },
  'runs without a claim': { ...requiredValues, blobs: { s3 }, runs: { volume: { enabled: false } } },
  ingress: {
    ...requiredValues,
    apps: { domain: 'apps.example.com' },
    trustedProxies: ['10.0.0.0/8'],
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '0' },
      tlsSecret: 'console-tls',
      appsTlsSecret: 'apps-tls',
    },
    networkPolicy: {
      ingressFrom: [
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } },
      ],
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    },
  },
  'Gateway API': {
    ...requiredValues,
    apps: { domain: 'apps.example.com' },
    gateway: { enabled: true, parentRefs: [{ name: 'public', namespace: 'gateways' }] },
  },
  'autoscaling and metrics': {
    ...requiredValues,
    autoscaling: { enabled: true, minReplicas: 3 },
    podMonitor: { enabled: true, labels: { release: 'prometheus' } },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
    metrics: { tokenSecret: { name: 'pumphouse-metrics' } },
    openTelemetry: {
      endpoint: 'http://collector.monitoring:4318',
      headersSecret: { name: 'pumphouse-collector' },
      resourceAttributes: { 'deployment.environment.name': 'night, and day', 'service.namespace': 'data' },
    },
    openLineage: { url: 'http://marquez.catalog:5000', apiKeySecret: { name: 'pumphouse-catalog' } },
  },
  'traces only': {
    ...requiredValues,
    openTelemetry: { endpoint: 'https://otlp.example.com', metrics: false },
  },
  'everything optional': {
    ...requiredValues,
    image: { registry: 'registry.example.com/team', pullSecrets: ['registry'] },
    blobs: { s3 },
    runs: {
      podPatches: {
        pods: { spec: { runtimeClassName: 'gvisor' } },
        sizes: { xlarge: { spec: { nodeSelector: { pool: 'large' } } } },
      },
      quota: { pods: '200' },
      limits: [{ type: 'Container', max: { memory: '64Gi' } }],
      network: { extraEgress: [{ to: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ port: 5439 }] }] },
    },
    scheduling: { priorityClassName: 'important', nodeSelector: { pool: 'services' } },
    mail: { from: 'pumphouse@example.com', urlSecret: { name: 'pumphouse-mail' } },
    openId: {
      issuer: 'https://login.example.com',
      clientId: 'pumphouse',
      clientSecret: { name: 'pumphouse-open-id' },
      displayName: 'Example',
    },
    firstOwner: { email: 'owner@example.com', passwordSecret: { name: 'pumphouse-first-owner' } },
    certificateAuthorities: { configMap: 'company-ca' },
    settings: { PUMPHOUSE_RETENTION: 'logs=30d' },
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' }],
    extraVolumes: [{ name: 'more', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
    externalSecrets: {
      enabled: true,
      store: { name: 'vault' },
      secrets: { 'pumphouse-secret-key': { 'secret-key': { key: 'pumphouse', property: 'secret-key' } } },
    },
  },
};
