/** A page of the site: its path without `.md`, and its title. */
export interface Page {
  path: string;
  title: string;
}

export interface SidebarItem {
  text: string;
  link?: string;
  collapsed?: boolean;
  items?: SidebarItem[];
}

interface Chapter {
  title: string;
  /** Paths in their order. */
  first: readonly string[];
  /** The folder whose other pages follow in the order of their titles. */
  folder?: string;
  isOpen?: true;
}

/** The chapters in their order. A page belongs to the chapter that lists it, otherwise to the one of its folder. */
const chapters: readonly Chapter[] = [
  {
    title: 'Get started',
    first: ['index', 'start/quickstart', 'reference/first-run'],
    folder: 'start',
    isOpen: true,
  },
  {
    title: 'Tutorials',
    first: ['tutorials/rest-api-to-notebook', 'tutorials/postgres-to-warehouse', 'tutorials/ci-cd'],
    folder: 'tutorials',
    isOpen: true,
  },
  {
    title: 'Concepts',
    first: [
      'concepts/glossary',
      'concepts/workspaces',
      'concepts/jobs',
      'concepts/scheduling',
      'concepts/queueing',
      'concepts/retries',
      'concepts/versions',
      'concepts/variables',
      'concepts/local-data',
      'concepts/private-indexes',
      'concepts/reading-runs',
    ],
    folder: 'concepts',
  },
  {
    title: 'Moving to Pumphouse',
    first: ['move/hosted', 'move/cron', 'move/airflow', 'move/dagster', 'move/prefect'],
    folder: 'move',
  },
  {
    title: 'Operate',
    first: [
      'operate/install',
      'operate/compose',
      'operate/kubernetes-install',
      'operate/doctor',
      'operate/backup',
      'operate/configuration-as-code',
    ],
    folder: 'operate',
  },
  {
    title: 'Reference',
    first: [
      'reference/cli',
      'operate/settings',
      'operate/kubernetes-values',
      'operate/errors',
      'reference/api',
      'reference/building-on-the-api',
    ],
    folder: 'reference',
  },
  {
    title: 'Security',
    first: [
      'operate/security',
      'operate/accounts',
      'concepts/sign-in',
      'concepts/people',
      'concepts/audit-log',
      'operate/report-a-vulnerability',
    ],
  },
  {
    title: 'Scale',
    first: [
      'operate/scale',
      'operate/capacity',
      'operate/several-servers',
      'operate/workers',
      'operate/limits',
      'operate/performance',
    ],
  },
  {
    title: 'Contribute',
    first: ['contribute/contributing', 'contribute/architecture'],
    folder: 'contribute',
  },
  { title: 'Decisions', first: [], folder: 'decisions' },
];

/** Arranges all pages in chapters. */
export function arrangeSidebar(pages: readonly Page[]): SidebarItem[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const listed = new Set(chapters.flatMap(({ first }) => first));
  const sections = chapters.map(({ title, first, folder, isOpen }) => {
    const others = pages
      .filter(({ path }) => folder !== undefined && path.startsWith(`${folder}/`) && !listed.has(path))
      .toSorted((one, other) => compareInFolder(folder ?? '', one, other));
    const own = first.flatMap((path) => byPath.get(path) ?? []);
    const items = [...own, ...others].map((page) => ({ text: page.title, link: `/${page.path}` }));
    return { text: title, collapsed: isOpen !== true, items };
  });
  return sections.filter(({ items }) => items.length > 0);
}

/** Decisions have numbers, other pages titles. */
function compareInFolder(folder: string, one: Page, other: Page): number {
  if (folder === 'decisions') return one.path.localeCompare(other.path);
  return one.title.localeCompare(other.title);
}
