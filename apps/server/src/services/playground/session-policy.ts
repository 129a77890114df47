export interface PlaygroundPrefix {
  bucket: string;
  /** Without slashes around it. */
  prefix: string;
}

const readActions = ['s3:GetObject'];
const writeActions = [
  ...readActions,
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

/**
 * Describes what a session may do: read, list and maybe write below a prefix. `GetBucketLocation` reveals nothing
 * of others; s3fs finds out with it whether the bucket exists.
 */
export function describeSessionPolicy(
  { bucket, prefix }: PlaygroundPrefix,
  { mayWrite, partition }: { mayWrite: boolean; partition: string },
): object {
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: mayWrite ? writeActions : readActions,
        Resource: [`${bucketArn}/${prefix}/*`],
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: [bucketArn],
        Condition: { StringLike: { 's3:prefix': [prefix, `${prefix}/*`] } },
      },
      { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: [bucketArn] },
    ],
  };
}
