import { z } from 'zod';
import { requestObject, responseObject, uuid } from '../primitives.ts';

export const issueAuthorizationUrlSessionRequest = requestObject('IssueAuthorizationUrlSessionRequest', {
  code_challenge: z.string(),
  redirect_uri: z.string(),
  state: z.string(),
});
export type IssueAuthorizationUrlSessionRequest = z.output<typeof issueAuthorizationUrlSessionRequest>;

export const issueAuthorizationUrlSessionResponse = responseObject('IssueAuthorizationUrlSessionResponse', {
  authorization_url: z.string(),
});
export type IssueAuthorizationUrlSessionResponse = z.output<typeof issueAuthorizationUrlSessionResponse>;

export const issueDeviceCodeSessionResponse = responseObject('IssueDeviceCodeSessionResponse', {
  device_code: z.string(),
  interval: z.int(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
});
export type IssueDeviceCodeSessionResponse = z.output<typeof issueDeviceCodeSessionResponse>;

export const issueSwapCodeSessionRequest = requestObject('IssueSwapCodeSessionRequest', {
  refresh_token: z.string(),
});
export type IssueSwapCodeSessionRequest = z.output<typeof issueSwapCodeSessionRequest>;

export const issueSwapCodeSessionResponse = responseObject('IssueSwapCodeSessionResponse', {
  expires_in: z.int(),
  swap_code: z.string(),
});
export type IssueSwapCodeSessionResponse = z.output<typeof issueSwapCodeSessionResponse>;

export const redeemAuthorizationCodeSessionRequest = requestObject('RedeemAuthorizationCodeSessionRequest', {
  code: z.string(),
  code_verifier: z.string(),
});
export type RedeemAuthorizationCodeSessionRequest = z.output<typeof redeemAuthorizationCodeSessionRequest>;

export const redeemDeviceCodeSessionRequest = requestObject('RedeemDeviceCodeSessionRequest', {
  device_code: z.string(),
});
export type RedeemDeviceCodeSessionRequest = z.output<typeof redeemDeviceCodeSessionRequest>;

export const refreshSessionRequest = requestObject('RefreshSessionRequest', {
  refresh_token: z.string(),
});
export type RefreshSessionRequest = z.output<typeof refreshSessionRequest>;

export const refreshSessionResponse = responseObject('RefreshSessionResponse', {
  jwt: z.string(),
  refresh_token: z.string(),
});
export type RefreshSessionResponse = z.output<typeof refreshSessionResponse>;

export const revokeSessionRequest = requestObject('RevokeSessionRequest', {
  refresh_token: z.string(),
});
export type RevokeSessionRequest = z.output<typeof revokeSessionRequest>;

export const userSessionResponse = responseObject('UserSessionResponse', {
  email: z.string(),
  id: uuid,
  jwt: z.string(),
  refresh_token: z.string(),
});
export type UserSessionResponse = z.output<typeof userSessionResponse>;
