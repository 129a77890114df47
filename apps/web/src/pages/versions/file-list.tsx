import type { ChangeKind } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { changeAppearances } from './file-changes.ts';
import classes from './versions.module.css';

interface ListedFile {
  path: string;
  change: ChangeKind;
  /** Text after the path: its size. */
  note: string;
}

interface FileListProps {
  files: readonly ListedFile[];
  /** Path of the file that is open. */
  current: string | null;
  /** Whether paths are links to the file's content. */
  isOpen: boolean;
}

/** Files of a version with their changes. */
export function FileList({ files, current, isOpen }: FileListProps) {
  return (
    <ul className={classes.files} aria-label="Files">
      {files.map((file) => (
        <li key={file.path}>
          {isOpen ? (
            <Link
              to="."
              search={(before) => ({ ...before, path: file.path })}
              replace
              resetScroll={false}
              className={classes.file}
              aria-current={file.path === current}
              // All links match the page's route, so the router would mark every one as active.
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
  const { sign, word } = changeAppearances[change];
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
