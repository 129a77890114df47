import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import classes from './copy-text.module.css';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** Copies a text. @param label says what it is, such as "link to this run" */
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

/** A command to type elsewhere, or a text to put there. @param what says what it is, such as "Content of tools.py" */
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
