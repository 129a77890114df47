import { Button, Group, Menu, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { apiBaseUrl } from '../api/base-url.ts';
import { ErrorNotice } from '../look/answers.tsx';
import { signOut } from '../session/session.ts';

/** Signs out, then leaves for the sign-in page. The page that is shown says when that failed. */
export function useSignOut() {
  return useMutation({
    // Paused queries of a browser that is offline would leave the click without an answer.
    networkMode: 'always',
    mutationFn: signOut,
    onSuccess: () => location.assign(`${apiBaseUrl}/sign-in`),
  });
}

type SignOut = ReturnType<typeof useSignOut>;

export function SignOutItem({ signingOut }: { signingOut: SignOut }) {
  return (
    <Menu.Item disabled={signingOut.isPending} onClick={() => signingOut.mutate()}>
      Sign out
    </Menu.Item>
  );
}

/** Says that the person is still signed in, why, and what to do. */
export function SignOutFailure({ signingOut }: { signingOut: SignOut }) {
  const { error, isPending, mutate, reset } = signingOut;
  return (
    <Modal opened={error !== null} onClose={reset} title="You are still signed in" centered>
      <ErrorNotice error={error} />
      <p>
        Try again. On a shared computer, stay until this succeeds, or delete the data of this site in the
        settings of the browser.
      </p>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={reset}>
          Close
        </Button>
        <Button loading={isPending} onClick={() => mutate()}>
          Sign out
        </Button>
      </Group>
    </Modal>
  );
}
