import type { ReactNode } from 'react';

/** A 16×16 icon in the text colour. Needs a text next to it or a label on its button. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const OverviewIcon = () => (
  <Icon>
    <path d="M2 9l3-4 3 5 3-7 3 6" />
  </Icon>
);
export const JobsIcon = () => (
  <Icon>
    <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01" />
  </Icon>
);
export const LineageIcon = () => (
  <Icon>
    <path d="M2 3h4v4H2zM10 2h4v4h-4zM10 10h4v4h-4zM6 5h2M8 4v8M8 4h2M8 12h2" />
  </Icon>
);
export const RunsIcon = () => (
  <Icon>
    <path d="M4 3l9 5-9 5z" />
  </Icon>
);
export const PipelinesIcon = () => (
  <Icon>
    <path d="M2 5h5a3 3 0 013 3v0a3 3 0 003 3h1M11 8l3 3-3 3" />
  </Icon>
);
export const DatasetsIcon = () => (
  <Icon>
    <ellipse cx="8" cy="4" rx="5.5" ry="2" />
    <path d="M2.5 4v8c0 1.100 2.5 2 5.5 2s5.5-.9 5.5-2V4M2.5 8c0 1.100 2.5 2 5.5 2s5.5-.9 5.5-2" />
  </Icon>
);
export const VersionsIcon = () => (
  <Icon>
    <path d="M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <path d="M2 4h7M13 4h1M2 12h1M7 12h7M2 8h3M9 8h5" />
    <circle cx="11" cy="4" r="1.5" />
    <circle cx="5" cy="12" r="1.5" />
    <circle cx="7" cy="8" r="1.5" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.5" />
    <path d="M10.5 10.500L14 14" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M3 8h.01M8 8h.01M13 8h.01" strokeWidth="2.5" />
  </Icon>
);
export const DownIcon = () => (
  <Icon>
    <path d="M4 6l4 4 4-4" />
  </Icon>
);
export const RightIcon = () => (
  <Icon>
    <path d="M6 4l4 4-4 4" />
  </Icon>
);
export const LeftIcon = () => (
  <Icon>
    <path d="M10 4L6 8l4 4" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon>
    <path d="M8 3v10M3 8h10" />
  </Icon>
);
export const MinusIcon = () => (
  <Icon>
    <path d="M3 8h10" />
  </Icon>
);
export const TimelineIcon = () => (
  <Icon>
    <path d="M2 4h6M5 8h7M9 12h5" strokeWidth="2.5" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M3.5 10.500h-1v-8h8v1" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="M3 8.500l3.5 3.500L13 4.5" />
  </Icon>
);
export const PersonIcon = () => (
  <Icon>
    <circle cx="8" cy="5.5" r="2.5" />
    <path d="M3 13.500a5 5 0 0110 0" />
  </Icon>
);
export const StopIcon = () => (
  <Icon>
    <rect x="4" y="4" width="8" height="8" rx="1" />
  </Icon>
);
export const AppsIcon = () => (
  <Icon>
    <rect x="2" y="3" width="12" height="10" rx="1.5" />
    <path d="M2 6h12M4.500 4.500h.01M6.500 4.500h.01" />
  </Icon>
);
export const AlertsIcon = () => (
  <Icon>
    <path d="M4 11V7a4 4 0 0 1 8 0v4l1.500 1.500h-11z" />
    <path d="M6.500 14.500h3" />
  </Icon>
);
export const NotebookIcon = () => (
  <Icon>
    <rect x="4" y="2" width="9" height="12" rx="1.500" />
    <path d="M2.500 5H5.500M2.500 8H5.500M2.500 11H5.500M8 5.500h2.500" />
  </Icon>
);
export const DashboardIcon = () => (
  <Icon>
    <path d="M2.500 13.500h11M4.500 11V8M8 11V3M11.500 11V6" />
  </Icon>
);
export const McpIcon = () => (
  <Icon>
    <path d="M6 2v3M10 2v3M4 5h8v2a4 4 0 01-8 0zM8 11v3" />
  </Icon>
);
export const GlobeIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6" />
    <ellipse cx="8" cy="8" rx="2.500" ry="6" />
    <path d="M2 8h12" />
  </Icon>
);
export const TableIcon = () => (
  <Icon>
    <rect x="2" y="3" width="12" height="10" rx="1" />
    <path d="M2 6.500h12M6.500 6.500V13" />
  </Icon>
);
export const ColumnIcon = () => (
  <Icon>
    <rect x="5.500" y="2" width="5" height="12" rx="1" />
    <path d="M5.500 5.500h5M2 4v8M14 4v8" />
  </Icon>
);
export const RecentIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6" />
    <path d="M8 4.500V8l2.500 1.500" />
  </Icon>
);
