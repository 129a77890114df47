import classes from './apps.module.css';
import { CopyText } from '../../ui/copy-text.tsx';

/** A public link with a copy button. */
export function PublicLink({ url, name }: { url: string; name: string }) {
  return (
    <div className={classes.address}>
      <code className={classes.addressText} aria-label={`Public link to ${name}`}>
        {url}
      </code>
      <CopyText text={url} label={`public link to ${name}`} />
    </div>
  );
}
