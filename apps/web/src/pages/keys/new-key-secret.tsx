import { SecretOnce } from '../../forms/secret-once.tsx';
import { CommandLine } from '../../look/copy-text.tsx';
import { formatInstant } from '../../look/format.ts';
import { apiBaseUrl } from '../../api/base-url.ts';

interface NewKeySecretProps {
  created: { name: string | null; secret: string; expires_at: string };
  onClose: () => void;
}

/** A key that was just made, with how the dlthub client is given it. */
export function NewKeySecret({ created, onClose }: NewKeySecretProps) {
  return (
    <SecretOnce
      title={`The key ${created.name ?? ''} is made`}
      what="key"
      secret={created.secret}
      onClose={onClose}
    >
      It is good until {formatInstant(new Date(created.expires_at))}. The dlthub client takes it from the
      environment variable RUNTIME__API_KEY, beside the address of this server:
      <CommandLine command={`export RUNTIME__API_BASE_URL=${apiBaseUrl}`} />
    </SecretOnce>
  );
}
