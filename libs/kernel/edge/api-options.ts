import type { JwksQuery } from './key-ring.js';

/** What an application tells its edges. */
export interface ApiOptions {
  /** The query by which the keys of access tokens are had. */
  readonly jwks: JwksQuery;
  /** What the API is, in a sentence. */
  readonly about: string;
  /** Absent where guests own nothing. */
  readonly guest?: GuestToken;
}

/** How a guest shows what is his: by the token that came with it. */
export interface GuestToken {
  /** The header that carries the token, as HTTP writes it. */
  readonly header: string;
  /** The name of its security scheme in the API's document. */
  readonly scheme: string;
  readonly description: string;
  /** What the token is, after "by": `the token of the library card`. */
  readonly what: string;
}

export const API_OPTIONS = Symbol('cleave:api-options');
