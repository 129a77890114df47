/**
 * Writes what is generated from the chart: deploy/kubernetes/manifests and docs/operate/kubernetes-values.md; and
 * copies the alerts into the chart, which can only read its own files.
 * Run it with `node scripts/with-tools.mjs node testing/chart/write-manifests.ts`.
 */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareHelm } from '../fixtures/helm.ts';
import { alertsOfChartPath, alertsPath, manifestsFolder, renderManifests } from './manifests.ts';
import { referencePath, writeValuesReference } from './values-reference.ts';

await copyFile(alertsPath, alertsOfChartPath);
await writeFile(referencePath, await writeValuesReference());
const files = await renderManifests(await prepareHelm());
await rm(manifestsFolder, { recursive: true, force: true });
await mkdir(join(manifestsFolder, 'first-owner'), { recursive: true });
for (const [path, content] of files) await writeFile(join(manifestsFolder, path), content);
