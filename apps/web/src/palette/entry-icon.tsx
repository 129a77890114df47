import type { ComponentType } from 'react';
import type { PaletteAction, PaletteEntry, PaletteGroup } from './palette-entry.ts';
import {
  AlertsIcon,
  AppsIcon,
  ColumnIcon,
  CopyIcon,
  DatasetsIcon,
  JobsIcon,
  LineageIcon,
  OverviewIcon,
  PersonIcon,
  PipelinesIcon,
  RecentIcon,
  RightIcon,
  RunsIcon,
  SettingsIcon,
  StopIcon,
  TableIcon,
  TimelineIcon,
  VersionsIcon,
} from '../ui/icons.tsx';

const ofGroups: Record<PaletteGroup, ComponentType> = {
  Recent: RecentIcon,
  Pages: OverviewIcon,
  Jobs: JobsIcon,
  Runs: RunsIcon,
  Pipelines: PipelinesIcon,
  Datasets: DatasetsIcon,
  Tables: TableIcon,
  Columns: ColumnIcon,
  People: PersonIcon,
  Settings: SettingsIcon,
  Actions: RightIcon,
};

/** Icons of main pages, by their name. */
const ofPages: Partial<Record<string, ComponentType>> = {
  Jobs: JobsIcon,
  Runs: RunsIcon,
  Timeline: TimelineIcon,
  Pipelines: PipelinesIcon,
  Datasets: DatasetsIcon,
  Lineage: LineageIcon,
  Apps: AppsIcon,
  Versions: VersionsIcon,
  Alerts: AlertsIcon,
  Settings: SettingsIcon,
};

const ofActions: Partial<Record<PaletteAction['kind'], ComponentType>> = {
  start: RunsIcon,
  pause: StopIcon,
  resume: RunsIcon,
  'copy-link': CopyIcon,
  'sign-out': PersonIcon,
};

/** The icon of an entry: of its page or action, otherwise of its group. */
export function EntryIcon({ entry: { group, text, does } }: { entry: PaletteEntry }) {
  const Icon = (group === 'Pages' ? ofPages[text] : ofActions[does.kind]) ?? ofGroups[group];
  return <Icon />;
}
