import type { Credentials } from '../../services/sign-in/credentials.ts';
import type { Handlers } from '../handler.ts';
import type { Keys } from '../../services/keys/keys.ts';
import type { ListedKey } from '../../store/records.ts';
import type { PersonalKeyResponse, WorkspaceKeyResponse } from '@pumphouse/contract';
import { userOf } from '../handler.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

type Operations =
  | 'list_personal_keys'
  | 'create_personal_key'
  | 'revoke_personal_key'
  | 'list_workspace_keys'
  | 'create_workspace_key'
  | 'revoke_workspace_key';

export function createKeyHandlers({
  keys,
  credentials,
}: {
  keys: Keys;
  credentials: Credentials;
}): Pick<Handlers, Operations> {
  const describeSecret = async (secret: string) => ({
    secret,
    jwt: await credentials.issueKeyToken(secret),
  });

  return {
    async list_personal_keys({ authorization }) {
      return { keys: (await keys.listPersonal(userOf(authorization))).map(toPersonalKey) };
    },

    async create_personal_key({ authorization, body: { name, days = null } }) {
      const { key, secret } = await keys.createPersonal(userOf(authorization), { name, days });
      return { ...toPersonalKey(key), ...(await describeSecret(secret)) };
    },

    async revoke_personal_key({ params, authorization }) {
      await keys.revokePersonal(userOf(authorization), params.key_id);
    },

    async list_workspace_keys({ params }) {
      return { keys: (await keys.listOfWorkspace(params.workspace_id)).map(toWorkspaceKey) };
    },

    async create_workspace_key({ params, authorization, body: { name, role, days = null } }) {
      const wanted = { name, role, days };
      const { key, secret } = await keys.createOfWorkspace(
        userOf(authorization),
        params.workspace_id,
        wanted,
      );
      return { ...toWorkspaceKey(key), ...(await describeSecret(secret)) };
    },

    async revoke_workspace_key({ params }) {
      await keys.revokeOfWorkspace(params.workspace_id, params.key_id);
    },
  };
}

function toPersonalKey(key: ListedKey): PersonalKeyResponse {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    created_at: toInstant(key.createdAt),
    expires_at: toInstant(key.expiresAt),
    last_used_at: toInstantOrNull(key.lastUsedAt),
  };
}

function toWorkspaceKey(key: ListedKey): WorkspaceKeyResponse {
  return {
    ...toPersonalKey(key),
    role: key.role,
    issued_by: key.issuerEmail,
    is_issuer_owner: key.isIssuerOwner,
  };
}
