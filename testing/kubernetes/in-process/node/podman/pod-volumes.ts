import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClusterState } from '../../api-server/cluster-state.ts';
import type { DownwardVolume, Pod, SecretVolume, Volume } from '../../api-server/pods/pod.ts';
import * as types from '../../api-server/resource-types.ts';
import { NotReadyYet } from '../container-runtime.ts';
import { readPodField } from './pod-fields.ts';

interface VolumeFolders {
  /** Of this pod. */
  volumes: string;
  /** Of all claims of the cluster. */
  claims: string;
}

/**
 * Makes the folders of a pod's volumes.
 * @returns the folder of each volume, by its name
 * @throws NotReadyYet if a secret or a claim is missing
 */
export async function prepareVolumes(
  state: ClusterState,
  pod: Pod,
  folders: VolumeFolders,
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? [])
    paths.set(volume.name, await prepareVolume(state, pod, volume, folders));
  return paths;
}

async function prepareVolume(
  state: ClusterState,
  pod: Pod,
  volume: Volume,
  { volumes, claims }: VolumeFolders,
): Promise<string> {
  const { name, emptyDir, persistentVolumeClaim: claim, secret, downwardAPI, projected } = volume;
  const group = pod.spec.securityContext?.fsGroup;
  if (claim !== undefined) {
    const path = join(claims, claim.claimName);
    await makeShared(path, group);
    return path;
  }
  const path = join(volumes, name);
  if (emptyDir !== undefined) {
    await makeShared(path, group);
    return path;
  }
  const files = [
    ...(secret ? listSecretFiles(state, pod, { volume: name, source: secret }) : []),
    ...(downwardAPI ? listDownwardFiles(pod, downwardAPI) : []),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...(source.secret
        ? listSecretFiles(state, pod, {
            volume: name,
            source: { ...source.secret, secretName: source.secret.name ?? '' },
          })
        : []),
      ...(source.downwardAPI ? listDownwardFiles(pod, source.downwardAPI) : []),
    ]),
  ];
  const defaultMode = (secret ?? downwardAPI ?? projected)?.defaultMode ?? 0o644;
  await mkdir(path, { recursive: true, mode: 0o755 });
  for (const file of files) await writeVolumeFile(join(path, file.path), { ...file, group, defaultMode });
  return path;
}

/** A folder that every user of the pod may write to; its group owns what is made in it. */
async function makeShared(path: string, group: number | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  if (group !== undefined) await chown(path, 0, group);
  await chmod(path, group === undefined ? 0o777 : 0o2777);
}

interface VolumeFile {
  path: string;
  content: Buffer;
  mode: number | undefined;
}

async function writeVolumeFile(
  path: string,
  { content, mode, group, defaultMode }: VolumeFile & { group: number | undefined; defaultMode: number },
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  if (group !== undefined) await chown(path, 0, group);
  // The pod's group may read what its owner may.
  await chmod(path, (mode ?? defaultMode) | (group === undefined ? 0 : 0o440));
}

function listSecretFiles(
  state: ClusterState,
  { metadata: { namespace } }: Pod,
  { volume, source }: { volume: string; source: SecretVolume },
): VolumeFile[] {
  const { secretName = '', items, optional } = source;
  const secret = state.store.find(types.secrets, namespace, secretName);
  if (secret === undefined) {
    if (optional === true) return [];
    throw new NotReadyYet(
      `MountVolume.SetUp failed for volume "${volume}" : secret "${secretName}" not found`,
    );
  }
  const data = (secret['data'] ?? {}) as Record<string, string>;
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key, mode: undefined }));
  return wanted.map(({ key, path, mode }) => {
    const value = data[key];
    if (value === undefined && optional !== true) {
      const missing = `references non-existent secret key: ${key}`;
      throw new NotReadyYet(`MountVolume.SetUp failed for volume "${volume}" : ${missing}`);
    }
    return { path, mode, content: Buffer.from(value ?? '', 'base64') };
  });
}

const listDownwardFiles = (pod: Pod, { items = [] }: DownwardVolume): VolumeFile[] =>
  items.map(({ path, fieldRef, mode }) => ({
    path,
    mode,
    content: Buffer.from(readPodField(pod, fieldRef?.fieldPath ?? '')),
  }));
