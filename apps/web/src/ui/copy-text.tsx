import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import classes from './copy-text.module.css';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** Button that copies a text. @param label names the text, such as "link to this run" */
export function CopyText({ text, label }: { text: string; label: string }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${label}`}>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Copy ${label}`} onClick={copy}>
            {copied ? <CheckIcon /> : <CopyIcon />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A command or file content to copy. @param what names it, such as "Content of tools.py" */
export function CommandLine({ command, what = 'Command' }: { command: string; what?: string }) {
  return (
    <div className={classes.command}>
      <pre className={classes.text} tabIndex={0} aria-label={what}>
        {command}
      </pre>
      <CopyText text={command} label={what.charAt(0).toLowerCase() + what.slice(1)} />
    </div>
  );
}
