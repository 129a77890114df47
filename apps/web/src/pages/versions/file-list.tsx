import type { ChangeKind } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { changeLooks } from './file-changes.ts';
import classes from './versions.module.css';

interface ListedFile {
  path: string;
  change: ChangeKind;
  /** Beside the path: its size. */
  note: string;
}

interface FileListProps {
  files: readonly ListedFile[];
  /** The one whose content is shown. */
  current: string | null;
  /** Whether paths lead to what is in them. */
  isOpen: boolean;
}

/** Files of a version with what became of each. */
export function FileList({ files, current, isOpen }: FileListProps) {
  return (
    <ul className={classes.files} aria-label="Files">
      {files.map((file) => (
        <li key={file.path}>
          {isOpen ? (
            <Link
              to="."
              search={((search: object) => ({ ...search, path: file.path })) as never}
              replace
              resetScroll={false}
              className={classes.file}
              aria-current={file.path === current}
              // Every file has the address of the page; which one is shown is said above.
              activeProps={{ 'aria-current': file.path === current }}
            >
              <FileLine file={file} />
            </Link>
          ) : (
            <span className={classes.file}>
              <FileLine file={file} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function FileLine({ file: { path, change, note } }: { file: ListedFile }) {
  const { sign, word } = changeLooks[change];
  return (
    <>
      <span className={classes.sign} data-change={change} title={word}>
        <span aria-hidden="true">{sign}</span>
        <span className="visually-hidden">{word} </span>
      </span>
      <span className={classes.path}>{path}</span>
      <span className={classes.size}>{note}</span>
    </>
  );
}
