/** Renders the plain manifests of deploy/kubernetes/manifests from the chart. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isMap, parse, parseAllDocuments, type Document } from 'yaml';
import type { Helm } from '../fixtures/helm.ts';
import { repositoryFolder } from '../fixtures/server.ts';

const kubernetesFolder = join(repositoryFolder, 'deploy', 'kubernetes');
export const alertsPath = join(repositoryFolder, 'deploy', 'prometheus', 'alerts.yml');
export const alertsOfChartPath = join(kubernetesFolder, 'chart', 'files', 'alerts.yml');
export const manifestsFolder = join(kubernetesFolder, 'manifests');
const valuesFile = join(kubernetesFolder, 'small-cluster.values.yaml');
const notice =
  '# Rendered from the chart with small-cluster.values.yaml: node testing/chart/write-manifests.ts\n';
/** In a folder of its own, because it is applied only once: a Job cannot change. */
const appliedOnce = 'first-owner.yaml';

/** Returns the content of each file by its path: one file for each template, and kustomizations. */
export async function renderManifests(helm: Helm): Promise<Map<string, string>> {
  const rendered = await helm.render(parse(await readFile(valuesFile, 'utf8')) as object);
  const files = new Map<string, string[]>();
  for (const text of rendered.split(/^---\n/m)) {
    const template = /^# Source: (\S+)$/m.exec(text)?.[1];
    const [document] = parseAllDocuments(text.replace(/^# Source: .*\n/m, ''));
    if (!template || !document || document.contents === null) continue;
    const name = basename(template);
    files.set(name, [...(files.get(name) ?? []), formatPlain(document)]);
  }
  const pathOf = (name: string) => (name === appliedOnce ? `first-owner/${name}` : name);
  const names = [...files.keys()].filter((name) => name !== appliedOnce).toSorted();
  return new Map([
    ...[...files].map(([name, texts]) => [pathOf(name), notice + texts.join('---\n')] as const),
    ['kustomization.yaml', writeKustomization(names)],
    ['first-owner/kustomization.yaml', writeKustomization([appliedOnce])],
  ]);
}

function writeKustomization(resources: readonly string[]): string {
  const list = resources.map((name) => `  - ${name}\n`).join('');
  return `${notice}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${list}`;
}

/** Removes what only helm reads. */
function formatPlain(document: Document): string {
  removeKeys(document, 'labels', ['helm.sh/chart', 'app.kubernetes.io/managed-by']);
  removeKeys(document, 'annotations', [
    'helm.sh/hook',
    'helm.sh/hook-delete-policy',
    'helm.sh/resource-policy',
  ]);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function removeKeys(document: Document, field: 'labels' | 'annotations', names: readonly string[]): void {
  const map = document.getIn(['metadata', field]);
  if (!isMap(map)) return;
  for (const name of names) map.delete(name);
  if (map.items.length === 0) document.deleteIn(['metadata', field]);
}
