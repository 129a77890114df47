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

/** A command to type elsewhere. */
export function CommandLine({ command }: { command: string }) {
  return (
    <div className={classes.command}>
      <pre className={classes.text} tabIndex={0} aria-label="Command">
        {command}
      </pre>
      <CopyText text={command} label="command" />
    </div>
  );
}
