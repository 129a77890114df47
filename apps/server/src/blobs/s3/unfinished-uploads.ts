import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { BucketClient } from './s3-client.ts';

/**
 * Aborts uploads in parts below the prefix that began more than `olderThanHours` ago: their servers were
 * killed, and S3 charges for the parts. Returns the number of uploads.
 */
export async function abortUnfinishedUploads(bucket: BucketClient, olderThanHours: number): Promise<number> {
  const limit = Date.now() - olderThanHours * 3_600_000;
  const Bucket = bucket.settings.bucket;
  let aborted = 0;
  let markers: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (markers) {
    const input = { Bucket, Prefix: bucket.nameOf(''), ...markers };
    const page: ListMultipartUploadsCommandOutput = await bucket.send((client, sdk) =>
      client.send(new sdk.ListMultipartUploadsCommand(input)),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || Initiated.getTime() > limit) continue;
      await bucket.send((client, sdk) =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
      );
      aborted += 1;
    }
    const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    markers = IsTruncated && KeyMarker && UploadIdMarker ? { KeyMarker, UploadIdMarker } : null;
  }
  return aborted;
}
