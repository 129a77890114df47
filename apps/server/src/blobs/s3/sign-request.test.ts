import { expect, it } from 'vitest';
import { presignGet, signForm } from './sign-request.ts';

// The example of AWS: docs.aws.amazon.com, "Authenticating Requests: Using Query Parameters".
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const now = new Date('2013-05-24T00:00:00Z');

it('presigns as in the example of AWS', () => {
  const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt');
  const signed = presignGet(
    url,
    { service: 's3', region: 'us-east-1', credentials },
    { seconds: 86_400, now },
  );
  expect(new URL(signed).searchParams.get('X-Amz-Signature')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  );
});

it('encodes a path once and signs the token of a session', () => {
  const url = new URL('http://127.0.0.1:8333/bucket/a=b+c(d)/x');
  const session = { ...credentials, sessionToken: 'to/ken=' };
  const scope = { service: 's3', region: 'eu-west-1', credentials: session } as const;
  const signed = presignGet(url, scope, { seconds: 60, now });
  expect(signed).toContain('/bucket/a%3Db%2Bc%28d%29/x?');
  expect(signed).toContain('X-Amz-Security-Token=to%2Fken%3D&X-Amz-SignedHeaders=host&X-Amz-Signature=');
});

it('signs a form with the headers that it returns', () => {
  const scope = { service: 'sts', region: 'us-east-1', credentials } as const;
  const headers = signForm(new URL('https://sts.amazonaws.com/'), 'Action=AssumeRole', scope, now);
  expect(headers).toMatchObject({ 'x-amz-date': '20130524T000000Z' });
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/sts\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/,
  );
});
