/**
 * Who may send a message. Checked where the message is handled, on every topology.
 * - `anyone`: no log-in needed.
 * - `authenticated`: anybody who is logged in.
 * - `permission`: the principal's token must carry it.
 * - `owner`: the handler decides by `owns()`; a handler that answers without having asked is refused as a bug.
 *   Holders of `or` pass as if they were the owner.
 * - `internal`: other contexts alone, never an edge.
 */
export type Access =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'permission'; readonly permission: string }
  | { readonly kind: 'owner'; readonly or?: string }
  | { readonly kind: 'internal' };

export const anyone: Access = { kind: 'anyone' };
export const authenticated: Access = { kind: 'authenticated' };
export const internal: Access = { kind: 'internal' };
export const permission = (name: string): Access => ({ kind: 'permission', permission: name });
export const owner = (or?: string): Access => (or === undefined ? { kind: 'owner' } : { kind: 'owner', or });
