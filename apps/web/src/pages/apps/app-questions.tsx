import { Confirm } from '../../ui/confirm.tsx';
import type { AppActions } from './use-app-actions.ts';

export type AppQuestion = 'restart' | 'stop' | 'take-back';

interface AppQuestionsProps {
  question: AppQuestion;
  name: string;
  jobRunId: string | null;
  actions: AppActions;
  onClose: () => void;
}

/** Asks for confirmation before an action that affects the users of an app. */
export function AppQuestions({ question, name, jobRunId, actions, onClose }: AppQuestionsProps) {
  const { title, action, description } = questions[question];
  function act(): void {
    if (question === 'restart') actions.restart.mutate();
    else if (question === 'take-back') actions.unpublish.mutate();
    else if (jobRunId !== null) actions.stop.mutate(jobRunId);
    onClose();
  }
  return (
    <Confirm
      title={title(name)}
      action={action}
      isPending={false}
      error={null}
      onConfirm={act}
      onClose={onClose}
    >
      <p>{description}</p>
    </Confirm>
  );
}

const questions = {
  restart: {
    title: (name: string) => `Restart ${name}?`,
    action: 'Restart',
    description:
      'A new process starts with the latest code and takes over when it is ready. Unsaved work of current visitors is lost.',
  },
  stop: {
    title: (name: string) => `Stop ${name}?`,
    action: 'Stop',
    description: 'Visitors are disconnected and lose unsaved work. The next visit starts the app again.',
  },
  'take-back': {
    title: (name: string) => `Unpublish ${name}?`,
    action: 'Unpublish',
    description:
      'The public link stops working, and its visitors are disconnected. Workspace members keep access.',
  },
};
